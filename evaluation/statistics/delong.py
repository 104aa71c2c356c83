"""Covariance of the areas under the curve of several detectors on the same cases.

DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845, with midranks as in Sun and Xu, IEEE Signal Processing
Letters 21 (2014) 1389-1393. The cases must be independent: patients are, vertebrae of a patient are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.roc import BoolArray


@dataclass(frozen=True)
class CorrelatedAucs:
    """Areas under the curve and their covariance.

    Attributes:
        auc: (detectors,).
        covariance: (detectors, detectors); NaN with fewer than two cases of a class.
    """

    auc: FloatArray
    covariance: FloatArray


def delong(fracture: BoolArray, scores: FloatArray) -> CorrelatedAucs:
    """Areas and covariance of the scores of several detectors.

    Args:
        fracture: (cases,), with both classes.
        scores: (cases, detectors), higher is more suspicious.
    """
    from scipy.stats import rankdata

    positives, negatives = scores[fracture], scores[~fracture]
    m, n = len(positives), len(negatives)
    ranks = rankdata(scores, axis=0)
    # Share of the negatives that each positive is above, and of the positives that each negative is below.
    above = (ranks[fracture] - rankdata(positives, axis=0)) / n
    below = 1 - (ranks[~fracture] - rankdata(negatives, axis=0)) / m
    return CorrelatedAucs(above.mean(axis=0), _covariance(above) / m + _covariance(below) / n)


def _covariance(components: FloatArray) -> FloatArray:
    if len(components) < 2:
        return np.full((components.shape[1],) * 2, np.nan)
    covariance: FloatArray = np.atleast_2d(np.cov(components, rowvar=False))
    return covariance
