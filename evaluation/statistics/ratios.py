"""Ratios of two sums over patients, with intervals from the bootstrap over patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.bootstrap import CI95
from evaluation.statistics.roc import LEAST_UNITS, IntArray


@dataclass(frozen=True)
class Ratio:
    """A share or a mean.

    Attributes:
        estimate: total / count; None if the count is 0.
        ci95: 95% interval over patients; None if fewer than `LEAST_UNITS` patients contribute.
        total: Sum of the values.
        count: Number of values, or sum of the counts that they are divided by.
    """

    estimate: float | None
    ci95: tuple[float, float] | None
    total: float
    count: int


def mean_over_patients(values: FloatArray, patient: IntArray, weights: IntArray) -> Ratio:
    """The mean of values, of which a patient can have several, all drawn together.

    Args:
        values: (values,).
        patient: (values,), the patient of each.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
    """
    return pooled_ratio(values, np.ones(len(values), dtype=np.int64), patient, weights)


def pooled_ratio(values: FloatArray | IntArray, counts: IntArray, patient: IntArray, weights: IntArray) -> Ratio:
    """The sum of values over the sum of counts, with all of a patient drawn together.

    Args:
        values: (units,).
        counts: (units,), at least 0.
        patient: (units,), the patient of each.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
    """
    of_patient = np.bincount(patient, values, weights.shape[1])
    counts_of_patient = np.bincount(patient, counts, weights.shape[1])
    total, count = float(values.sum()), int(counts.sum())
    if not count:
        return Ratio(None, None, total, count)
    if np.count_nonzero(counts_of_patient) < LEAST_UNITS:
        return Ratio(total / count, None, total, count)
    drawn = weights @ counts_of_patient
    # A replicate may lack all patients with a value.
    ratios = (weights @ of_patient)[drawn > 0] / drawn[drawn > 0]
    low, high = np.percentile(ratios, CI95)
    return Ratio(total / count, (float(low), float(high)), total, count)
