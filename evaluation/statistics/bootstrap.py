"""Bootstrap of the areas under the curves, with whole patients as the unit.

Patients are drawn with replacement, with and without a fracture apart, so that each replicate keeps the numbers of
both (the paper's cohort has 11 patients without). A vertebra always comes with the other vertebrae of its patient:
they share scanner, anatomy and disease, and treating them as independent makes intervals too narrow (Obuchowski,
Biometrics 53 (1997) 567-578). A replicate is held as how often each patient was drawn, which turns all ROC curves of
all replicates into a few cumulative sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import StatisticsSettings
from evaluation.statistics.roc import BoolArray, IntArray, hull_corners
from evaluation.statistics.scores import PatientScores

# The false positive rates at which bands are drawn.
RATE_GRID = np.linspace(0.0, 1.0, 101)

CI95 = (2.5, 97.5)


@dataclass(frozen=True)
class Bootstrap:
    """The spread of an AUC and of its curve over the replicates.

    Attributes:
        mean: Mean of the AUC.
        sd: Its standard deviation.
        ci95: Its 2.5th and 97.5th percentile.
        band: (2, rates), the same percentiles of the sensitivity at each rate of `RATE_GRID`.
        areas: (replicates,), the AUC of each replicate.
    """

    mean: float
    sd: float
    ci95: tuple[float, float]
    band: FloatArray
    areas: FloatArray


def draw_patients(patient_id: Sequence[str], fracture: BoolArray, replicates: int, seed: int) -> IntArray:
    """How often each patient is drawn, (replicates, patients); the order of the patients does not matter."""
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
    """How often each bootstrap sample of a cohort has each patient, (replicates, patients)."""
    return draw_patients(patients.patient_id, patients.fracture, settings.bootstrap_replicates, settings.seed)


def bootstrap_hull(fracture: BoolArray, scores: FloatArray, weights: IntArray) -> Bootstrap:
    """Bootstrap the hull's AUC, with the hull built anew from all members in each replicate.

    Args:
        fracture: (patients,), with both classes.
        scores: (patients, noise thresholds).
        weights: (replicates, patients).
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
    return _summarise(np.array(areas), np.array(curves))


def bootstrap_draws(fracture: BoolArray, scores: FloatArray, weights: IntArray) -> Bootstrap:
    """Bootstrap the vertebra-level AUC, averaged over the draws of the localisation error in each replicate.

    Args:
        fracture: (vertebrae,), with both classes.
        scores: (vertebrae, draws).
        weights: (replicates, vertebrae), equal for the vertebrae of a patient.
    """
    # A replicate of patients may lack one class of vertebrae altogether; it has no ROC.
    weights = weights[(weights[:, fracture].sum(axis=1) > 0) & (weights[:, ~fracture].sum(axis=1) > 0)]
    areas = np.zeros(len(weights))
    curves = np.zeros((len(weights), RATE_GRID.size))
    for column in scores.T:
        rates, sensitivities = weighted_curves(fracture, column, weights)
        areas += np.trapezoid(sensitivities, rates, axis=1) / scores.shape[1]
        interpolated = [np.interp(RATE_GRID, *curve) for curve in zip(rates, sensitivities, strict=True)]
        curves += np.array(interpolated) / scores.shape[1]
    return _summarise(areas, curves)


def weighted_curves(fracture: BoolArray, scores: FloatArray, weights: IntArray) -> tuple[FloatArray, FloatArray]:
    """The ROC curves of one score under many weightings of the cases.

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


def _summarise(areas: FloatArray, curves: FloatArray) -> Bootstrap:
    low, high = np.percentile(areas, CI95)
    return Bootstrap(
        mean=float(areas.mean()),
        sd=float(areas.std(ddof=1)),
        ci95=(float(low), float(high)),
        band=np.percentile(curves, CI95, axis=0),
        areas=areas,
    )
