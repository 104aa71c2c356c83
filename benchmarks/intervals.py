"""How often the 95% intervals of an evaluation hold the truth, in simulated cohorts.

Each row of the table is one kind of cohort: the share of cohorts whose interval holds the true AUC and the mean width,
for the intervals that `evaluate` gives and, in a part of the cohorts, for percentiles of bootstrap replicates. The true
AUC is the mean over the cohorts, because the AUC of a sample is unbiased. The hull and the nested AUC of a sample are
not: there the truth is what cohorts of this size have on average. Usage:

    python -m benchmarks.intervals --cohorts 1000 --bootstrapped 200
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from evaluation.statistics.auc_interval import auc_interval, difference_interval
from evaluation.statistics.bootstrap import CI95, bootstrap_draws, bootstrap_hull, draw_patients
from evaluation.statistics.clustered_auc import clustered_auc
from evaluation.statistics.folds import patient_groups
from evaluation.statistics.hull_decisions import hull_area
from evaluation.statistics.nested_roc import nested_roc
from evaluation.statistics.roc import roc_curve, roc_hull
from evaluation.statistics.scores import PatientScores

Array = npt.NDArray[Any]
Interval = tuple[float, float] | None
Found = tuple[float, Interval, Interval]
"""The estimate, its interval, and that of the percentiles; None for a cohort that is not bootstrapped."""
Simulation = Callable[["Design", int], Found]

REPLICATES = 400
NOISE_THRESHOLDS = (1, 8, 27, 64, 125, 250, 500, 1000)
OFFSETS = np.array([-0.35, -0.2, -0.1, 0.0, 0.0, -0.1, -0.25, -0.5])
"""By how much the separation at each noise threshold differs from that at the best one."""
MISSED = 0.15
"""Largest share of the fractures that score like the others, in "missed"."""


@dataclass(frozen=True)
class Design:
    """A kind of cohort.

    Attributes:
        auc: AUC for two cases of different patients.
        fractured: Number of patients with a fracture.
        others: Number of the others.
        shape: Distribution of the scores. "binormal"; "wide": fractures vary twice as much; "skewed": exponential;
            "missed": some fractures score like the others; "floor": three fifths of the others have the lowest score;
            "five levels": the scores have five values.
        correlation: Of the scores of a patient's vertebrae.
        other_auc: AUC of the other detector of a difference.
    """

    auc: float
    fractured: int = 79
    others: int = 11
    shape: str = "binormal"
    correlation: float = 0.4
    other_auc: float = 0.85

    @property
    def patients(self) -> int:
        """Number of patients."""
        return self.fractured + self.others


@dataclass(frozen=True)
class Coverage:
    """What the intervals of simulated cohorts hold.

    Attributes:
        truth: Mean of the estimates.
        held: Share of the cohorts whose interval holds it.
        width: Mean width.
        percentiles_held: Share of the bootstrapped cohorts whose percentile interval holds it; NaN without any.
        percentile_width: Mean width of these.
    """

    truth: float
    held: float
    width: float
    percentiles_held: float
    percentile_width: float


def measure(simulation: Simulation, design: Design, cohorts: int, bootstrapped: int = 0) -> Coverage:
    """Simulate cohorts; the first ones are bootstrapped as well."""
    found = [simulation(design, seed if seed < bootstrapped else -seed - 1) for seed in range(cohorts)]
    truth = float(np.mean([estimate for estimate, _, _ in found]))
    return Coverage(truth, *_held(truth, [row[1] for row in found]), *_held(truth, [row[2] for row in found]))


def _held(truth: float, intervals: list[Interval]) -> tuple[float, float]:
    known = np.array([interval for interval in intervals if interval is not None])
    if not known.size:
        return float("nan"), float("nan")
    return float(np.mean((known[:, 0] <= truth) & (truth <= known[:, 1]))), float(np.ptp(known, axis=1).mean())


def patient_level(design: Design, seed: int) -> Found:
    """The AUC of one score per patient."""
    generator = generator_of(seed)
    fracture = outcomes(design)
    scores = shaped(design.shape, design.auc, fracture, generator.normal(size=design.patients), generator)[:, None]
    area = clustered_auc(fracture, scores)
    areas = [bootstrap_draws(fracture, scores, draw(fracture, seed)).areas] if seed >= 0 else []
    return area.auc, auc_interval(area), percentiles(areas)


def vertebra_level(design: Design, seed: int) -> Found:
    """The AUC of vertebrae: 11 per patient and 2.3 fractures per fractured patient on average."""
    generator = generator_of(seed)
    unit, fracture = vertebrae(design, generator)
    noise = clustered_noise(design.correlation, unit, fracture, generator)
    scores = shaped(design.shape, design.auc, fracture, noise, generator)[:, None]
    area = clustered_auc(fracture, scores, unit)
    areas = [bootstrap_draws(fracture, scores, draw(outcomes(design), seed), unit).areas] if seed >= 0 else []
    return area.auc, auc_interval(area), percentiles(areas)


def patient_difference(design: Design, seed: int) -> Found:
    """The paired difference of two detectors per patient."""
    generator = generator_of(seed)
    fracture = outcomes(design)
    noise = [generator.normal(size=design.patients) for _ in range(3)]
    return _difference(design, seed, generator, fracture, noise, None)


def vertebra_difference(design: Design, seed: int) -> Found:
    """The paired difference of two detectors per vertebra."""
    generator = generator_of(seed)
    unit, fracture = vertebrae(design, generator)
    noise = [clustered_noise(design.correlation, unit, fracture, generator) for _ in range(3)]
    return _difference(design, seed, generator, fracture, noise, unit)


def _difference(
    design: Design, seed: int, generator: np.random.Generator, fracture: Array, noise: list[Array], unit: Array | None
) -> Found:
    """Two scores whose noise has a correlation of 0.6."""
    both = [
        shaped(design.shape, auc, fracture, 0.6**0.5 * noise[0] + 0.4**0.5 * own, generator)[:, None]
        for auc, own in ((design.auc, noise[1]), (design.other_auc, noise[2]))
    ]
    first, second = (clustered_auc(fracture, scores, unit) for scores in both)
    areas = []
    if seed >= 0:
        weights = draw(outcomes(design), seed)
        areas = [bootstrap_draws(fracture, scores, weights, unit).areas for scores in both]
        areas = [areas[0] - areas[1]]
    return first.auc - second.auc, difference_interval(first, second), percentiles(areas)


def patient_hull(design: Design, seed: int) -> Found:
    """The AUC of the hull; its mean over the cohorts is that of a cohort of this size."""
    generator = generator_of(seed)
    fracture, scores = outcomes(design), family(design, generator)
    hull = roc_hull([roc_curve(fracture, member) for member in scores.T], NOISE_THRESHOLDS)
    area = hull_area(fracture, scores, hull, NOISE_THRESHOLDS)
    areas = [bootstrap_hull(fracture, scores, draw(fracture, seed), area).areas] if seed >= 0 else []
    return area.auc, auc_interval(area), percentiles(areas)


def patient_nested(design: Design, seed: int) -> Found:
    """The nested AUC with five folds."""
    generator = generator_of(seed)
    fracture, scores = outcomes(design), family(design, generator)
    names = tuple(f"{number:03d}" for number in range(design.patients))
    patients = PatientScores(names, tuple((name,) for name in names), (None,) * len(names), fracture, scores)
    nested = nested_roc(patients, patient_groups(names, fracture, 5, abs(seed)), NOISE_THRESHOLDS)
    return nested.auc, auc_interval(nested.area), None


def generator_of(seed: int) -> np.random.Generator:
    """The random numbers of a cohort; a negative seed is that of a cohort that is not bootstrapped."""
    return np.random.default_rng([2019, seed if seed >= 0 else -seed - 1])


def outcomes(design: Design) -> Array:
    """Whether each patient has a fracture."""
    return np.arange(design.patients) < design.fractured


def vertebrae(design: Design, generator: np.random.Generator) -> tuple[Array, Array]:
    """Patient of each vertebra, and whether it is fractured."""
    size = generator.integers(5, 18, design.patients)
    count = np.minimum(1 + generator.poisson(1.33, design.patients), size - 1) * outcomes(design)
    unit = np.repeat(np.arange(design.patients), size)
    return unit, np.arange(unit.size) - np.repeat(np.cumsum(size) - size, size) < count[unit]


def clustered_noise(correlation: float, unit: Array, fracture: Array, generator: np.random.Generator) -> Array:
    """Standard normal noise. Half of the patient's part is common to all vertebrae, half to those of one class."""
    patients = int(unit.max()) + 1
    common, of_fractures, of_others = generator.normal(size=(3, patients))
    own = np.where(fracture, of_fractures[unit], of_others[unit])
    shared = (correlation / 2) ** 0.5 * (common[unit] + own)
    return np.asarray(shared + (1 - correlation) ** 0.5 * generator.normal(size=unit.size))


def family(design: Design, generator: np.random.Generator) -> Array:
    """Scores (patients, noise thresholds) with a correlation of 0.85."""
    fracture = outcomes(design)
    common, own = generator.normal(size=design.patients), generator.normal(size=(design.patients, OFFSETS.size))
    noise = 0.85**0.5 * common[:, None] + 0.15**0.5 * own
    return np.asarray(fracture[:, None] * (separated(design.auc) + OFFSETS) + noise)


def separated(auc: float, variance: float = 2.0) -> float:
    """Distance of the means of two normal distributions with this sum of variances."""
    return float(norm.ppf(auc) * variance**0.5)


def shaped(shape: str, auc: float, fracture: Array, noise: Array, generator: np.random.Generator) -> Array:
    """Scores with an AUC, from standard normal noise."""
    if shape == "wide":
        return np.asarray(separated(auc, 5.0) * fracture + np.where(fracture, 2, 1) * noise)
    if shape == "skewed":
        return np.asarray(-np.log(norm.sf(noise)) * np.where(fracture, auc / (1 - auc), 1.0))
    if shape == "missed":
        share = min(MISSED, 1.4 * (1 - auc))
        seen = fracture & (generator.random(fracture.size) >= share)
        return np.asarray(separated((auc - share / 2) / (1 - share)) * seen + noise)
    if shape == "floor":
        # Ties at the floor take little from the AUC.
        return np.asarray(np.maximum(separated(auc) * fracture + noise, norm.ppf(0.6)))
    if shape == "five levels":
        levels = np.searchsorted([-0.3, 0.4, 1.1, 1.8], separated(auc) * fracture + noise)
        return np.asarray(levels, dtype=float)
    return np.asarray(separated(auc) * fracture + noise)


def draw(fracture: Array, seed: int) -> Array:
    """Bootstrap samples of patients."""
    return draw_patients([f"{number:04d}" for number in range(fracture.size)], fracture, REPLICATES, seed)


def percentiles(areas: list[Array]) -> Interval:
    """Percentile interval of replicates."""
    if not areas:
        return None
    low, high = np.percentile(areas[0], CI95).tolist()
    return low, high


SIMULATIONS: dict[str, Simulation] = {
    "patient": patient_level,
    "hull": patient_hull,
    "nested": patient_nested,
    "vertebra": vertebra_level,
    "patient difference": patient_difference,
    "vertebra difference": vertebra_difference,
}
SHAPES = ("binormal", "wide", "skewed", "missed", "floor", "five levels")
AUCS = (0.75, 0.85, 0.93, 0.97)
SIZES = ((79, 11), (30, 10))


def designs(name: str) -> Iterator[Design]:
    """The designs of a simulation."""
    shapes = ("binormal",) if name in ("hull", "nested") else SHAPES if name == "patient" else ("binormal", "missed")
    correlations = (0.0, 0.3, 0.6) if name == "vertebra" else (0.4,)
    for (fractured, others), shape, correlation, auc in product(SIZES, shapes, correlations, AUCS):
        yield Design(auc, fractured, others, shape, correlation)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--bootstrapped", type=int, default=200, help="how many of them are bootstrapped as well")
    parser.add_argument("--only", choices=SIMULATIONS, nargs="+", default=list(SIMULATIONS))
    arguments = parser.parse_args()
    sys.stdout.write("| of | patients | scores | correlation | truth | held | width | percentiles | width |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|---|---|\n")
    for name in arguments.only:
        for design in designs(name):
            found = measure(SIMULATIONS[name], design, arguments.cohorts, arguments.bootstrapped)
            sys.stdout.write(
                f"| {name} | {design.fractured} + {design.others} | {design.shape} | {design.correlation} "
                f"| {found.truth:.3f} | {found.held:.1%} | {found.width:.3f} "
                f"| {found.percentiles_held:.1%} | {found.percentile_width:.3f} |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
