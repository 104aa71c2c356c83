"""The anatomies that a person can have: twelve thoracic levels, or the rare eleven or thirteen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.level_tables import NAMED_LEVELS, TABLE_LEVELS, LevelTables

WITHOUT_T12 = tuple(level for level in TABLE_LEVELS if level != "T12")
"""The levels of a spine whose last thoracic level is T11."""

ANATOMY_LEVELS = (TABLE_LEVELS, WITHOUT_T12, NAMED_LEVELS)
"""The levels of the regular anatomy, of the one without T12, and of the one with T13."""

_TABLE_STEPS = list(pairwise(TABLE_LEVELS))
_INTO_T12 = _TABLE_STEPS.index(("T11", "T12"))
_OUT_OF_T12 = _TABLE_STEPS.index(("T12", "L1"))


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The levels of a spine and the distribution of the steps between them.

    L6 is in each of them: the probability that a scan ends there is its rarity, and so it is for L4 as the last level.

    Attributes:
        levels: From C1 to L6.
        share: Share of persons with this anatomy.
        spacing: (steps,) mean spacing in mm.
        tilt: (steps,) mean tilt in radians.
        covariance: (2, 2, steps, steps) of log spacing (0) and tilt (1).
    """

    levels: tuple[str, ...]
    share: float
    spacing: FloatArray
    tilt: FloatArray
    covariance: FloatArray


@lru_cache(maxsize=8)
def anatomies(tables: LevelTables) -> tuple[Anatomy, ...]:
    """The regular anatomy, the one without T12, and the one with T13."""
    shares = (1 - tables.without_t12 - tables.with_t13, tables.without_t12, tables.with_t13)
    return tuple(_anatomy(levels, share, tables) for levels, share in zip(ANATOMY_LEVELS, shares, strict=True))


def _anatomy(levels: tuple[str, ...], share: float, tables: LevelTables) -> Anatomy:
    """An anatomy with the steps of the tables.

    A step that the tables lack (T11 to L1, or T12 to T13) is the mean of the steps into and out of T12, with the
    variance that the step out of T12 keeps when all others are known.
    """
    rows = np.zeros((len(levels) - 1, len(_TABLE_STEPS)))
    inferred = np.zeros(len(levels) - 1)
    for number, (upper, lower) in enumerate(pairwise(levels)):
        if (upper, lower) in _TABLE_STEPS:
            rows[number, _TABLE_STEPS.index((upper, lower))] = 1
        elif upper == "T13":
            rows[number, _OUT_OF_T12] = 1
        else:
            rows[number, [_INTO_T12, _OUT_OF_T12]] = 0.5
            inferred[number] = 1
    own = 1 / np.diag(np.linalg.inv(tables.covariance)).reshape(2, len(_TABLE_STEPS))[:, _OUT_OF_T12]
    blocks = tables.covariance.reshape(2, len(_TABLE_STEPS), 2, len(_TABLE_STEPS)).transpose(0, 2, 1, 3)
    covariance = rows @ blocks @ rows.T
    for kind in range(2):
        covariance[kind, kind] += np.diag(inferred * own[kind])
    spacing = np.exp(rows @ np.log(tables.spacing))
    return Anatomy(levels, share, spacing, rows @ tables.tilt, covariance)
