"""The level tables from scans: a normal distribution with gaps by EM, and the levels at which scans begin and end."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.naming.vid import Scan
from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.level_tables import NAMED_LEVELS, TABLE_LEVELS, LevelTables
from evaluation.naming.steps import Steps

STEPS = len(TABLE_LEVELS) - 1
ITERATIONS = 25
LEAST_SHARE = 0.001
T_QUARTILE = 0.741
"""Upper quartile of the t distribution with four degrees of freedom."""


def derive_tables(scans: Sequence[Scan], freedom: float, weight: float, shrinkage: float) -> LevelTables:
    """The tables of some scans.

    Args:
        scans: Scans with their levels.
        freedom: Degrees of freedom of the t distribution.
        weight: Power of the likelihood.
        shrinkage: Number of imaginary persons whose steps are independent.
    """
    mean, covariance = fit_normal(step_matrix(scans), shrinkage)
    lateral = np.concatenate([Steps.of(scan.points).lateral for scan in scans])
    junction = [scan for scan in scans if {"T11", "L1"} <= set(scan.levels)]
    return LevelTables(
        spacing=np.exp(mean[:STEPS]),
        tilt=mean[STEPS:],
        covariance=covariance,
        first=end_shares(scans, lambda scan: scan.levels[0]),
        last=end_shares(scans, lambda scan: scan.levels[-1]),
        lateral_scale=float(np.quantile(np.abs(lateral), 0.5) / T_QUARTILE),
        degrees_of_freedom=freedom,
        evidence_weight=weight,
        without_t12=share_over_sources(junction, [scan.lacks_t12 for scan in junction]),
        with_t13=share_over_sources(junction, [scan.has_t13 for scan in junction]),
    )


def step_matrix(scans: Sequence[Scan]) -> FloatArray:
    """Log spacings and tilts (scans, 48); NaN where one of the two levels is not annotated."""
    matrix = np.full((len(scans), 2 * STEPS), np.nan)
    for row, scan in zip(matrix, scans, strict=True):
        numbers = np.array([TABLE_LEVELS.index(level) for level in scan.levels])
        steps = Steps.of(scan.points)
        single = np.diff(numbers) == 1
        single[[scan.has_t13 and level == "T12" for level in scan.levels[:-1]]] = False
        row[numbers[:-1][single]] = steps.log_spacing[single]
        row[STEPS + numbers[:-1][single]] = steps.tilt[single]
    return matrix


def fit_normal(matrix: FloatArray, shrinkage: float) -> tuple[FloatArray, FloatArray]:
    """Mean and covariance of rows with gaps, by EM, shrunk towards independent columns with their own variances."""
    mean = np.nanmean(matrix, axis=0)
    independent = np.diag(np.nanvar(matrix, axis=0))
    covariance = independent.copy()
    groups: dict[bytes, list[int]] = defaultdict(list)
    for number, row in enumerate(matrix):
        groups[np.isfinite(row).tobytes()].append(number)
    for _ in range(ITERATIONS):
        filled = matrix.copy()
        uncertain = np.zeros_like(covariance)
        for pattern, members in groups.items():
            known, rows = np.frombuffer(pattern, dtype=bool), np.asarray(members)
            gain = np.linalg.solve(covariance[np.ix_(known, known)], covariance[np.ix_(known, ~known)]).T
            filled[np.ix_(rows, ~known)] = mean[~known] + (matrix[np.ix_(rows, known)] - mean[known]) @ gain.T
            left = covariance[np.ix_(~known, ~known)] - gain @ covariance[np.ix_(known, ~known)]
            uncertain[np.ix_(~known, ~known)] += len(members) * left
        mean = filled.mean(axis=0)
        centred = filled - mean
        covariance = (centred.T @ centred + uncertain + shrinkage * independent) / (len(matrix) + shrinkage)
    return mean, covariance


def share_over_sources(scans: Sequence[Scan], found: Sequence[bool]) -> float:
    """Mean over the sources of the share of scans in which something was found, at least `LEAST_SHARE`."""
    by_source: dict[str, list[bool]] = defaultdict(list)
    for scan, is_found in zip(scans, found, strict=True):
        by_source[scan.source].append(is_found)
    return max(LEAST_SHARE, float(np.mean([np.mean(values) for values in by_source.values()])))


def end_shares(scans: Sequence[Scan], end: Callable[[Scan], str]) -> dict[str, float]:
    """Share of the scans that begin or end at each level.

    It is the mean over the sources and a uniform distribution, which stands for scans of other kinds. T13, which VID
    lacks, has the share of T12.
    """
    by_source: dict[str, list[str]] = defaultdict(list)
    for scan in scans:
        by_source[scan.source].append(end(scan))
    uniform = 1 / len(TABLE_LEVELS)
    shares = {
        level: float(np.mean([uniform, *(ends.count(level) / len(ends) for ends in by_source.values())]))
        for level in TABLE_LEVELS
    }
    return {level: shares["T12" if level == "T13" else level] for level in NAMED_LEVELS}
