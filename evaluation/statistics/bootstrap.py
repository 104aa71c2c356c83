"""Bootstrap of the areas under the curves, with patients as the unit.

Patients with and without a fracture are drawn separately, with replacement, so that each replicate keeps the numbers of
both (the paper's cohort has 11 patients without a fracture). The vertebrae of a patient are drawn together: they share
scanner, anatomy and disease, and treating them as independent makes intervals too narrow (Obuchowski, Biometrics 53
(1997) 567-578). Mean and SD of an AUC and the band of its curve come from the replicates, the interval of the AUC from
`auc_interval`. A replicate is stored as the number of times each patient was drawn. All ROC curves of all replicates
are then a few cumulative sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import StatisticsSettings
from evaluation.statistics.auc_interval import Interval, auc_interval
from evaluation.statistics.clustered_auc import ClusteredAuc, clustered_auc
from evaluation.statistics.roc import BoolArray, IntArray, hull_corners
from evaluation.statistics.scores import PatientScores

RATE_GRID = np.linspace(0.0, 1.0, 101)
"""False positive rates at which bands are drawn."""

CI95 = (2.5, 97.5)
"""Percentiles of a 95% interval from replicates."""


@dataclass(frozen=True)
class Bootstrap:
    """Distribution of an AUC and of its curve over the replicates.

    Attributes:
        mean: Mean of the AUC.
        sd: Standard deviation of the AUC.
        ci95: 95% interval of the AUC (`auc_interval`), which does not come from the replicates: with few patients their
            percentiles do not hold. None if there are too few.
        band: (2, rates), 2.5th and 97.5th percentile of the sensitivity at each rate of `RATE_GRID`.
        areas: (replicates,), the AUC of each replicate.
    """

    mean: float
    sd: float
    ci95: Interval | None
    band: FloatArray
    areas: FloatArray


def draw_patients(patient_id: Sequence[str], fracture: BoolArray, replicates: int, seed: int) -> IntArray:
    """Draw the bootstrap samples; the order of the patients does not matter.

    Returns:
        (replicates, patients), how often each patient is in each sample.
    """
    generator = np.random.default_rng(seed)
    weights = np.zeros((replicates, len(patient_id)), dtype=np.int64)
    by_name = np.argsort(np.asarray(patient_id))
    for outcome in (False, True):
        members = by_name[fracture[by_name] == outcome]
        if members.size:
            shares = np.full(members.size, 1.0 / members.size)
            weights[:, members] = generator.multinomial(members.size, shares, size=replicates)
    return weights


def draw_replicates(patients: PatientScores, settings: StatisticsSettings) -> IntArray:
    """The bootstrap samples of a cohort, (replicates, patients); see `draw_patients`."""
    return draw_patients(patients.patient_id, patients.fracture, settings.bootstrap_replicates, settings.seed)


def bootstrap_hull(fracture: BoolArray, scores: FloatArray, weights: IntArray, area: ClusteredAuc) -> Bootstrap:
    """Bootstrap the AUC of the hull, which is rebuilt from all curves in each replicate.

    Args:
        fracture: (patients,), with both classes.
        scores: (patients, noise thresholds).
        weights: (replicates, patients).
        area: The area of the hull of all patients, for its interval.
    """
    members = [weighted_curves(fracture, column, weights) for column in scores.T]
    rates = np.concatenate([rate for rate, _ in members], axis=1)
    sensitivities = np.concatenate([sensitivity for _, sensitivity in members], axis=1)
    areas, curves = [], []
    for rate, sensitivity in tqdm(
        zip(rates, sensitivities, strict=True), total=len(weights), desc="bootstrap", disable=None
    ):
        corners = hull_corners(rate, sensitivity)
        areas.append(np.trapezoid(sensitivity[corners], rate[corners]))
        curves.append(np.interp(RATE_GRID, rate[corners], sensitivity[corners]))
    return _summarise(np.array(areas), np.array(curves), area)


def bootstrap_draws(
    fracture: BoolArray, scores: FloatArray, weights: IntArray, unit: IntArray | None = None
) -> Bootstrap:
    """Bootstrap an AUC, averaged in each replicate over the draws of the localisation error.

    Args:
        fracture: (cases,), with both classes.
        scores: (cases, draws).
        weights: (replicates, patients).
        unit: (cases,), the patient of each case; None if each case is a patient.
    """
    area = clustered_auc(fracture, scores, unit)
    weights = weights if unit is None else weights[:, unit]
    # A replicate of patients may lack one class of vertebrae; it has no ROC.
    weights = weights[(weights[:, fracture].sum(axis=1) > 0) & (weights[:, ~fracture].sum(axis=1) > 0)]
    areas = np.zeros(len(weights))
    curves = np.zeros((len(weights), RATE_GRID.size))
    for column in scores.T:
        rates, sensitivities = weighted_curves(fracture, column, weights)
        areas += np.trapezoid(sensitivities, rates, axis=1)
        interpolated = [np.interp(RATE_GRID, *curve) for curve in zip(rates, sensitivities, strict=True)]
        curves += np.array(interpolated) / scores.shape[1]
    # Divided at the end, so that the mean of equal areas is exactly that area.
    return _summarise(areas / scores.shape[1], curves, area)


def weighted_curves(fracture: BoolArray, scores: FloatArray, weights: IntArray) -> tuple[FloatArray, FloatArray]:
    """The ROC curves of one score for many weightings of the cases.

    Args:
        fracture: (cases,).
        scores: (cases,).
        weights: (replicates, cases), with both classes in each replicate.

    Returns:
        False positive rates and sensitivities, both (replicates, points), from (0, 0) to (1, 1).
    """
    order = np.argsort(-scores, kind="stable")
    last_of_tie = np.append(np.diff(scores[order]) != 0, True)
    weights, fracture = weights[:, order], fracture[order]
    rates = [
        np.cumsum(weights * positive, axis=1)[:, last_of_tie] / (weights @ positive)[:, None]
        for positive in (~fracture, fracture)
    ]
    start = np.zeros((len(weights), 1))
    false_positive_rate, sensitivity = (np.hstack([start, rate]) for rate in rates)
    return false_positive_rate, sensitivity


def _summarise(areas: FloatArray, curves: FloatArray, area: ClusteredAuc) -> Bootstrap:
    return Bootstrap(
        mean=float(areas.mean()),
        sd=float(areas.std(ddof=1)),
        ci95=auc_interval(area),
        band=np.percentile(curves, CI95, axis=0),
        areas=areas,
    )
