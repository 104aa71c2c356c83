"""The hypotheses about a chain and their probabilities: first level, anatomy, missed and false centres."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.anatomies import Anatomy, anatomies
from evaluation.naming.level_tables import LevelTables
from evaluation.naming.placements import log_densities, log_lateral_density
from evaluation.naming.settings import NamingSettings
from evaluation.naming.steps import Steps
from evaluation.naming.structures import Structure


@dataclass(frozen=True)
class Hypothesis:
    """A naming of a chain.

    Attributes:
        levels: Level of each centre, None for a false one.
        probability: Among all hypotheses of the chain.
    """

    levels: tuple[str | None, ...]
    probability: float


@dataclass(frozen=True)
class _Scored:
    """The namings of one structure with their log weights."""

    namings: list[tuple[str | None, ...]]
    weights: FloatArray

    @property
    def evidence(self) -> float:
        """Log of the sum of the weights."""
        return float(np.logaddexp.reduce(self.weights)) if len(self.weights) else -np.inf


@dataclass(frozen=True)
class _Chain:
    """A chain with all that scores its structures."""

    centres: FloatArray
    lowest: str | None
    highest: str | None
    tables: LevelTables
    settings: NamingSettings

    def score(self, structure: Structure) -> _Scored:
        """The namings of a structure, for all anatomies and first levels."""
        steps = Steps.of(self.centres[list(structure.kept)])
        common = self._log_common(structure, steps)
        namings: list[tuple[str | None, ...]] = []
        weights: list[float] = []
        for anatomy in anatomies(self.tables):
            densities = log_densities(steps, structure, anatomy, self.tables.degrees_of_freedom)
            for first, density in enumerate(densities.tolist()):
                upper, lower = anatomy.levels[first], anatomy.levels[first + structure.offsets[-1]]
                if self.highest in (None, upper) and self.lowest in (None, lower):
                    namings.append(self._naming(structure, anatomy, first))
                    field_of_view = self._log_field_of_view(upper, lower)
                    weight = log(anatomy.share) + field_of_view + common + self.tables.evidence_weight * density
                    weights.append(weight)
        return _Scored(namings, np.asarray(weights))

    def _log_common(self, structure: Structure, steps: Steps) -> float:
        """What does not depend on the level: missed and false centres, lateral angles."""
        settings = self.settings
        false = len(self.centres) - len(structure.kept)
        density = log_lateral_density(steps, self.tables.lateral_scale) - steps.log_volume
        density -= false * 3 * log(settings.false_extent)
        shares = structure.missed * log(settings.missed_share) + false * log(settings.false_share)
        return shares + self.tables.evidence_weight * density

    def _log_field_of_view(self, upper: str, lower: str) -> float:
        if self.settings.any_field_of_view:
            return 0.0
        return log(self.tables.first[upper]) + log(self.tables.last[lower])

    def _naming(self, structure: Structure, anatomy: Anatomy, first: int) -> tuple[str | None, ...]:
        levels: list[str | None] = [None] * len(self.centres)
        for centre, offset in zip(structure.kept, structure.offsets, strict=True):
            levels[centre] = anatomy.levels[first + offset]
        return tuple(levels)


def search(
    centres: FloatArray, lowest: str | None, highest: str | None, tables: LevelTables, settings: NamingSettings
) -> list[Hypothesis]:
    """The hypotheses about a chain.

    The search begins with the assumption that all centres are vertebrae and none is missed. It assumes one more false
    centre or missed vertebra at a time, in all places, and goes on from the best assumption as long as that is better.
    All assumptions that were tried share the probability.

    Args:
        centres: (n, 3) in LPS mm, from the top down; n at least 1.
        lowest: Level of the last centre if known.
        highest: Level of the first centre if known.
        tables: Distribution of the levels' steps.
        settings: See `NamingSettings`.
    """
    chain = _Chain(centres, lowest, highest, tables, settings)
    best = Structure.plain(len(centres))
    scored = {best: chain.score(best)}
    for _ in range(settings.largest_edits):
        for structure in best.edits(highest is not None, lowest is not None):
            if structure not in scored:
                scored[structure] = chain.score(structure)
        following = max(scored, key=lambda structure: scored[structure].evidence)
        if following == best:
            break
        best = following
    return list(_normalised(scored.values()))


def _normalised(scored: Iterable[_Scored]) -> Iterator[Hypothesis]:
    parts = [part for part in scored if len(part.weights)]
    total = np.logaddexp.reduce([part.evidence for part in parts])
    for part in parts:
        for naming, weight in zip(part.namings, np.exp(part.weights - total).tolist(), strict=True):
            yield Hypothesis(naming, weight)
