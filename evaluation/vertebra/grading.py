"""How well vertebrae are graded: AUC from each grade on, confusion of read and predicted grade, weighted kappa.

The predicted grade is the most probable one of the classes normal, mild, moderate and severe, each with the Gaussian-
weighted mean of its probability in the vertebra's cube (`score`). Background is not a candidate: there is a vertebra at
the centroid. Of equally probable grades the lowest is taken.

Kappa has quadratic weights (Cohen, Psychological Bulletin 70 (1968) 213-220): a misgrading counts by the square of the
difference of the grades, relative to what two independent readers with the same frequencies would have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.genant import FRACTURE_GRADES, GRADES
from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.auc_interval import auc_interval
from evaluation.statistics.bootstrap import CI95
from evaluation.statistics.clustered_auc import clustered_auc
from evaluation.statistics.roc import LEAST_UNITS, IntArray, has_both_classes

WEIGHTS = np.subtract.outer(GRADES, GRADES) ** 2
"""Disagreement of a read and a predicted grade."""


@dataclass(frozen=True)
class GradeAuc:
    """The AUC of telling vertebrae of a grade or a higher one from the others.

    Attributes:
        grade: The lowest grade that counts as positive.
        positives: Number of positive vertebrae.
        auc: None with one class only.
        ci95: 95% interval over patients (`auc_interval`); None if a class has too few patients or is empty.
    """

    grade: int
    positives: int
    auc: float | None
    ci95: tuple[float, float] | None


@dataclass(frozen=True)
class Agreement:
    """Predicted and read grades.

    Attributes:
        confusion: (4, 4), number of vertebrae by read grade (rows) and predicted grade (columns).
        exact: Share of the vertebrae whose predicted grade is the read one.
        within_one: Share whose predicted grade differs by at most one.
        kappa: Quadratic weighted kappa; None if all grades, read and predicted, are the same.
        ci95: Its 95% interval by a bootstrap over patients; None if there is one patient only, or no kappa.
    """

    confusion: IntArray
    exact: float
    within_one: float
    kappa: float | None
    ci95: tuple[float, float] | None


def grade_aucs(read: IntArray, scores: FloatArray, patient: IntArray) -> list[GradeAuc]:
    """AUC from each fracture grade on.

    Args:
        read: (vertebrae,), Genant grade 0 to 3 of the reader.
        scores: (vertebrae, 3), for each fracture grade the score of that grade or a higher one. A score without grades,
            such as a loss of height, is the same for all: (vertebrae, 1).
        patient: (vertebrae,), position of each vertebra's patient.
    """
    columns = np.broadcast_to(scores, (len(read), len(FRACTURE_GRADES))).T
    return [_grade_auc(read, grade, column, patient) for grade, column in zip(FRACTURE_GRADES, columns, strict=True)]


def _grade_auc(read: IntArray, grade: int, scores: FloatArray, patient: IntArray) -> GradeAuc:
    positive = read >= grade
    count = int(positive.sum())
    if not has_both_classes(positive):
        return GradeAuc(grade, count, None, None)
    area = clustered_auc(positive, scores, patient)
    return GradeAuc(grade, count, area.auc, auc_interval(area))


def scores_from_grades(probabilities: FloatArray) -> FloatArray:
    """Probability (vertebrae, 3) of each fracture grade or a higher one, from those of the grades (vertebrae, 4)."""
    return np.asarray(np.cumsum(probabilities[:, :0:-1], axis=1)[:, ::-1])


def predicted_grades(probabilities: FloatArray) -> IntArray:
    """The most probable grade of each vertebra; the lowest of equal ones.

    Args:
        probabilities: (vertebrae, 4).
    """
    return np.asarray(np.argmax(probabilities, axis=1), dtype=np.int64)


def agreement(read: IntArray, predicted: IntArray, patient: IntArray, weights: IntArray) -> Agreement:
    """Compare predicted with read grades.

    Args:
        read: (vertebrae,), at least one.
        predicted: (vertebrae,).
        patient: (vertebrae,), position of each vertebra's patient.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
    """
    cell = read * len(GRADES) + predicted
    confusion = _tables(np.bincount(cell, minlength=len(GRADES) ** 2))
    kappa = float(quadratic_kappa(confusion))
    # The share of a replicate's vertebrae in each cell, without a loop over replicates.
    cells = np.eye(len(GRADES) ** 2, dtype=np.int64)[cell]
    replicates = quadratic_kappa(_tables(weights[:, patient] @ cells))
    known = replicates[np.isfinite(replicates)]
    units = np.unique(patient).size
    limits = np.percentile(known, CI95).tolist() if np.isfinite(kappa) and known.size and units >= LEAST_UNITS else None
    return Agreement(
        confusion=confusion,
        exact=float(np.mean(read == predicted)),
        within_one=float(np.mean(np.abs(read - predicted) <= 1)),
        kappa=kappa if np.isfinite(kappa) else None,
        ci95=None if limits is None else (limits[0], limits[1]),
    )


def quadratic_kappa(confusion: IntArray) -> FloatArray:
    """Quadratic weighted kappa of each table (..., 4, 4); NaN where no disagreement is expected."""
    total = confusion.sum(axis=(-2, -1))
    rows, columns = confusion.sum(axis=-1), confusion.sum(axis=-2)
    found = (WEIGHTS * confusion).sum(axis=(-2, -1)) * total
    expected = (WEIGHTS * rows[..., :, None] * columns[..., None, :]).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected > 0, 1.0 - found / expected, np.nan))


def _tables(counts: IntArray) -> IntArray:
    """(..., 16) as tables (..., 4, 4) of read and predicted grade."""
    return counts.reshape(*counts.shape[:-1], len(GRADES), len(GRADES))
