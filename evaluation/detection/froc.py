"""The free-response ROC (FROC) curve: fractures found against false positives per scan, without given centroids.

Hits and false positives are counted over the cohort as the score threshold falls (Bunch et al. 1978). The rates 1/8 to
8 and their mean are those of the LUNA16 challenge (Setio et al., Med Image Anal 42 (2017) 1-13). The sensitivity at a
rate is the highest one reached with at most that many false positives per scan, without interpolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.detection.detections import CaseDetections
from evaluation.statistics.bootstrap import CI95
from evaluation.statistics.roc import LEAST_UNITS, IntArray
from evaluation.statistics.scores import PatientScores

FALSE_POSITIVE_RATES = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)
"""False positives per scan at which the sensitivity is reported."""

BAND_RATES = np.geomspace(FALSE_POSITIVE_RATES[0], FALSE_POSITIVE_RATES[-1], 97)
"""False positives per scan at which the band is drawn: the rates above and steps between them."""


@dataclass(frozen=True)
class Froc:
    """The FROC curve of a cohort with at least one fractured vertebra.

    Attributes:
        false_positives_per_scan: (points,), ascending from 0, as the score threshold falls from infinity.
        sensitivity: (points,), ascending from 0.
        fractures: Number of fractured vertebrae.
        scans: Number of cases.
        findings: Number of findings.
        at_rates: (rates,), sensitivity at each of `FALSE_POSITIVE_RATES`.
        ci95: (2, rates), its 95% interval over patients; None if a single patient has all fractured vertebrae.
        mean: Mean of `at_rates`.
        mean_ci95: Its 95% interval; None likewise.
        band: (2, band rates), 95% interval of the sensitivity at `BAND_RATES`; None likewise.
    """

    false_positives_per_scan: FloatArray
    sensitivity: FloatArray
    fractures: int
    scans: int
    findings: int
    at_rates: FloatArray
    ci95: FloatArray | None
    mean: float
    mean_ci95: tuple[float, float] | None
    band: FloatArray | None


def froc(detections: Sequence[CaseDetections], patients: PatientScores, weights: IntArray) -> Froc | None:
    """Compute the curve and its intervals, with patients as the bootstrap's unit.

    Args:
        detections: One entry per case.
        patients: The patients of these cases.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.

    Returns:
        None if no vertebra is fractured.
    """
    counts = _PatientCounts(detections, patients)
    if not counts.fractures.any():
        return None
    all_patients = np.ones((1, len(patients.patient_id)), dtype=np.int64)
    false_positives, sensitivity = (rows[0] for rows in counts.curves(all_patients))
    at_rates = np.array(_at(FALSE_POSITIVE_RATES, false_positives, sensitivity))
    ci95, mean_ci95, band = None, None, None
    if np.count_nonzero(counts.fractures) >= LEAST_UNITS:
        ci95, mean_ci95, band = _intervals(counts, weights)
    return Froc(
        false_positives_per_scan=false_positives,
        sensitivity=sensitivity,
        fractures=int(counts.fractures.sum()),
        scans=len(detections),
        findings=sum(len(case.score) for case in detections),
        at_rates=at_rates,
        ci95=ci95,
        mean=float(at_rates.mean()),
        mean_ci95=mean_ci95,
        band=band,
    )


def _intervals(counts: _PatientCounts, weights: IntArray) -> tuple[FloatArray, tuple[float, float], FloatArray]:
    """The intervals at each rate, of the mean, and at each rate of the band."""
    # A replicate without a fractured vertebra has no sensitivity.
    replicates = counts.curves(weights[weights @ counts.fractures > 0])
    replicated = np.array([_at(FALSE_POSITIVE_RATES, *curve) for curve in zip(*replicates, strict=True)])
    band = np.array([_at(BAND_RATES, *curve) for curve in zip(*replicates, strict=True)])
    low, high = np.percentile(replicated.mean(axis=1), CI95)
    return np.percentile(replicated, CI95, axis=0), (float(low), float(high)), np.percentile(band, CI95, axis=0)


class _PatientCounts:
    """Hits and false positives of each patient at each threshold. The curve of any bootstrap sample is a product.

    The thresholds descend from infinity.

    Attributes:
        fractures: (patients,), number of fractured vertebrae.
    """

    def __init__(self, detections: Sequence[CaseDetections], patients: PatientScores) -> None:
        row_of = {case_id: row for row, case_ids in enumerate(patients.case_ids) for case_id in case_ids}
        rows = np.array([row_of[case.case_id] for case in detections])
        size = len(patients.patient_id)
        scores = np.concatenate([case.score for case in detections])
        hits = np.concatenate([case.hit for case in detections])
        owner = np.repeat(rows, [len(case.score) for case in detections])
        self._thresholds = np.concatenate([[np.inf], np.unique(scores)[::-1]])
        self.fractures = np.bincount(rows, [case.fractures for case in detections], size).astype(np.int64)
        self._scans = np.bincount(rows, minlength=size)
        point = np.searchsorted(-self._thresholds, -scores)
        self._hits, self._false_positives = (self._cumulated(owner[kind], point[kind], size) for kind in (hits, ~hits))

    def curves(self, weights: IntArray) -> tuple[FloatArray, FloatArray]:
        """False positives per scan and sensitivity, both (replicates, points)."""
        false_positives = (weights @ self._false_positives) / (weights @ self._scans)[:, None]
        return false_positives, (weights @ self._hits) / (weights @ self.fractures)[:, None]

    def _cumulated(self, owner: IntArray, point: IntArray, size: int) -> IntArray:
        """Number (patients, points) at or above each threshold."""
        counts = np.zeros((size, len(self._thresholds)), dtype=np.int64)
        np.add.at(counts, (owner, point), 1)
        return np.cumsum(counts, axis=1)


def _at(rates: Sequence[float] | FloatArray, false_positives: FloatArray, sensitivity: FloatArray) -> FloatArray:
    """The highest sensitivity at or below each rate of false positives."""
    reached: FloatArray = sensitivity[np.searchsorted(false_positives, rates, side="right") - 1]
    return reached
