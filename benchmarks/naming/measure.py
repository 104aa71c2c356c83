"""Namings of scans, and what share of them is right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from benchmarks.naming.vid import Scan
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import level_index
from evaluation.naming.level_tables import TABLE_LEVELS, LevelTables
from evaluation.naming.name_levels import name_levels
from evaluation.naming.settings import NamingSettings
from evaluation.statistics.roc import BoolArray

MATCH_RADIUS = 12.0
"""Largest distance in mm between a body point and the centre that is taken for it."""
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
VARIANT_SHARE = 36 / 418
"""Spines with another number of mobile vertebrae, or a lumbarised S1 (Tins et al. 2016, Insights Imaging 7:199:
whole-spine MRI of 418 patients). VerSe'20 has more of them than the population."""
UNINFORMATIVE = 1e6
"""Variance of a tilt that says nothing, in rad2."""

ANY = NamingSettings(any_field_of_view=True)
TYPICAL = NamingSettings()


@dataclass(frozen=True)
class Named:
    """A centre that lies at an annotated vertebra.

    Attributes:
        truth: Annotated level.
        most_probable: Its level in the most probable naming.
        probability: Probability of `most_probable`.
        is_named: Whether the centre got a name.
    """

    truth: str
    most_probable: str
    probability: float
    is_named: bool

    @property
    def error(self) -> int:
        """Levels between name and truth. T13 is in no truth."""
        return abs(_number(self.most_probable) - _number(self.truth))


Naming = list[Named]
"""The centres of one scan."""


def name_points(scan: Scan, tables: LevelTables, settings: NamingSettings, known: str = "") -> Naming | None:
    """Name the annotated points. `known` is "lowest", "highest" or empty. None if the input is refused."""
    return _named(scan.points, list(scan.levels), tables, settings, known)


def name_detections(scan: Scan, tables: LevelTables, settings: NamingSettings, known: str = "") -> Naming | None:
    """Name the detector's points. A level is known if the lowest or highest of them lies at an annotated vertebra."""
    if not len(scan.detected):
        return None
    distance = cdist(scan.detected, scan.points)
    pairs = zip(*linear_sum_assignment(np.minimum(distance, 5 * MATCH_RADIUS)), strict=True)
    truth: list[str | None] = [None] * len(scan.detected)
    for found, point in pairs:
        if distance[found, point] <= MATCH_RADIUS:
            truth[found] = scan.levels[point]
    return _named(scan.detected, truth, tables, settings, known)


def _named(
    centres: FloatArray, truth: Sequence[str | None], tables: LevelTables, settings: NamingSettings, known: str
) -> Naming | None:
    end = {"lowest": truth[-1], "highest": truth[0], "": None}[known]
    if known and end is None:
        return None
    try:
        names = name_levels(centres, **({known: end} if known else {}), settings=settings, tables=tables)
    except InputError:
        return None
    return [
        Named(level, name.most_probable, name.probability, name.level is not None)
        for level, name in zip(truth, names, strict=True)
        if level is not None
    ]


def share_row(label: str, namings: Sequence[Naming | None]) -> str:
    """One row of a table in Markdown: scans, and the shares that are right."""
    spines = list(filter(None, namings))
    vertebrae = list(chain.from_iterable(spines))
    worst = np.array([max(named.error for named in naming) for naming in spines])
    right = np.array([named.error == 0 for named in vertebrae], dtype=bool)
    is_named = np.array([named.is_named for named in vertebrae], dtype=bool)
    whole = f"{len(spines)} | {_share(worst == 0)} | {_share(worst <= 1)}"
    return (
        f"| {label} | {whole} | {len(vertebrae)} | {_share(right)} | {_share(is_named)} | {_share(right[is_named])} |"
    )


def _share(found: BoolArray) -> str:
    """The share in percent, or a dash if there is nothing."""
    return f"{np.mean(found):.1%}" if found.size else "-"


SHARE_HEADER = (
    "| | spines | all right | all within one | vertebrae | right | named | right among named |\n"
    "|---|---|---|---|---|---|---|---|"
)


def reliability_rows(scans: Sequence[Scan], namings: Sequence[Naming | None]) -> list[str]:
    """Rows in Markdown: vertebrae by probability, its mean, and the share right, plain and with `spine_weights`."""
    vertebrae, weights = _weighted(scans, namings)
    probability = np.array([named.probability for named in vertebrae])
    right = np.array([named.error == 0 for named in vertebrae], dtype=float)
    group = np.clip(np.digitize(probability, BINS) - 1, 0, len(BINS) - 2)
    rows, gaps = [], np.zeros(2)
    for number in np.unique(group).tolist():
        inside = group == number
        stated, true = probability[inside].mean(), right[inside].mean()
        weighted = np.average(right[inside], weights=weights[inside])
        shares = inside.mean(), weights[inside].sum() / weights.sum()
        gaps += np.abs(stated - np.array([true, weighted])) * shares
        label = f"{BINS[number]:g} to {BINS[number + 1]:g}"
        rows.append(f"| {label} | {inside.sum()} | {stated:.3f} | {true:.3f} | {weighted:.3f} |")
    return [*rows, f"| mean gap | {len(vertebrae)} | | {gaps[0]:.3f} | {gaps[1]:.3f} |"]


def spine_weights(scans: Sequence[Scan]) -> FloatArray:
    """Weights (scans,) that bring spines that are not regular to the share that they have in the population."""
    regular = np.array([scan.is_regular for scan in scans])
    weight = VARIANT_SHARE / (1 - VARIANT_SHARE) * regular.sum() / max((~regular).sum(), 1)
    return np.where(regular, 1.0, weight)


def choose_threshold(scans: Sequence[Scan], namings: Sequence[Naming | None], target: float) -> float:
    """The least threshold at which the target share of the named vertebrae is right; the largest if there is none."""
    vertebrae, weights = _weighted(scans, namings)
    right = np.array([named.error == 0 for named in vertebrae])
    probability = np.array([named.probability for named in vertebrae])
    for threshold in THRESHOLDS:
        named = probability >= threshold
        if named.any() and np.average(right[named], weights=weights[named]) >= target:
            return threshold
    return THRESHOLDS[-1]


def with_threshold(namings: Sequence[Naming | None], threshold: float) -> list[Naming | None]:
    """The same namings with another threshold."""
    return [
        None if naming is None else [replace(named, is_named=named.probability >= threshold) for named in naming]
        for naming in namings
    ]


def log_score(scans: Sequence[Scan], by_fold: Sequence[LevelTables]) -> tuple[float, float]:
    """Mean log probability that the names of annotated points are right or wrong as they are; share of spines right.

    The chains are complete, so no missed or false centres are assumed.
    """
    namings = [name_points(scan, by_fold[scan.fold], replace(TYPICAL, largest_edits=0)) for scan in scans]
    vertebrae, weights = _weighted(scans, namings)
    stated = [named.probability if named.error == 0 else 1 - named.probability for named in vertebrae]
    spines = [all(not named.error for named in naming) for naming in namings if naming]
    return float(np.average(np.log(np.maximum(stated, 1e-6)), weights=weights)), float(np.mean(spines))


def _weighted(scans: Sequence[Scan], namings: Sequence[Naming | None]) -> tuple[list[Named], FloatArray]:
    """The vertebrae of all scans, and the weights of their spines."""
    pairs = [
        (named, weight) for naming, weight in zip(namings, spine_weights(scans), strict=True) for named in naming or []
    ]
    return [named for named, _ in pairs], np.array([weight for _, weight in pairs])


def spacing_alone(tables: LevelTables) -> LevelTables:
    """Tables without the person's scale and without tilts."""
    return replace(tables, covariance=_without_tilt(np.diag(np.diag(tables.covariance))))


def spacing_and_scale(tables: LevelTables) -> LevelTables:
    """Tables without tilts."""
    return replace(tables, covariance=_without_tilt(tables.covariance))


def _without_tilt(covariance: FloatArray) -> FloatArray:
    half = len(covariance) // 2
    changed = covariance.copy()
    changed[half:, :half] = changed[:half, half:] = 0
    changed[half:, half:] = np.eye(half) * UNINFORMATIVE
    return changed


def _number(level: str) -> int:
    return TABLE_LEVELS.index(level) if level in TABLE_LEVELS else TABLE_LEVELS.index("T12")


def fields_of_view() -> dict[str, Callable[[Scan], bool]]:
    """Kinds of scans by their first and last level."""
    return {
        "cervical and thoracic only (last T12 or above)": partial(_lies, first=("C1", "T12"), last=("C1", "T12")),
        "T4 or above to lumbar": partial(_lies, first=("C1", "T4"), last=("L1", "L6")),
        "T5 to T11 to lumbar": partial(_lies, first=("T5", "T11"), last=("L1", "L6")),
        "lumbar (T12 or below to lumbar)": partial(_lies, first=("T12", "L6"), last=("L1", "L6")),
    }


def _lies(scan: Scan, first: tuple[str, str], last: tuple[str, str]) -> bool:
    ends = zip((scan.levels[0], scan.levels[-1]), (first, last), strict=True)
    return all(level_index(low) <= level_index(level) <= level_index(high) for level, (low, high) in ends)
