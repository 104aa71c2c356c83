"""The nested patient-level ROC, whose operating points are chosen on other patients.

For each fold k the hull is built from the patients of all other folds. Its corners are pairs of a probability threshold
and a noise threshold, from the strictest to the laxest. They are applied to the patients of fold k. The points of
different folds are matched by their position t along the hull they were chosen from: its false positive rate plus its
sensitivity, which grows from 0 to 2 with every corner, also along a vertical edge. Between two corners a patient is
classified at random, as everywhere on the edge of a hull (Provost and Fawcett 2001). The counts of all folds are
summed:

    sensitivity(t) = sum_k TP_k(t) / sum_k P_k        false positive rate(t) = sum_k FP_k(t) / sum_k N_k

The nested AUC is the area under the path of this point by the trapezoidal rule. No patient influences the thresholds by
which it is classified. If the scores carry no information, the nested AUC is 0.5 on average, while that of the hull is
far higher. Pooling counts rather than scores makes folds with a single negative patient usable and allows a probability
to mean something different in each fold. The path is not made convex afterwards, which would be a choice on the
patients measured. Where it steps back, because a corner that is laxer on the other folds is stricter on the fold
itself, the area under that step is subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.clustered_auc import ClusteredAuc
from evaluation.statistics.hull_decisions import area_of_decisions, decisions_along, hull_positions
from evaluation.statistics.roc import BoolArray, IntArray, RocHull, roc_curve, roc_hull
from evaluation.statistics.scores import PatientScores


@dataclass(frozen=True)
class NestedRoc:
    """The path of the pooled operating points.

    Attributes:
        false_positive_rate: (points,), from 0 to 1.
        sensitivity: (points,), from 0 to 1.
        hulls: The hull of the patients of all other folds, by fold.
        area: The area under the path, with the contribution of each patient.
    """

    false_positive_rate: FloatArray
    sensitivity: FloatArray
    hulls: dict[int, RocHull]
    area: ClusteredAuc

    @property
    def auc(self) -> float:
        """Area under the path by the trapezoidal rule."""
        return float(np.trapezoid(self.sensitivity, self.false_positive_rate))


def nested_roc(patients: PatientScores, folds: IntArray, noise_thresholds: tuple[int, ...]) -> NestedRoc:
    """Choose operating points outside each fold and apply them to it.

    Args:
        patients: Patients with both outcomes outside each fold.
        folds: (patients,).
        noise_thresholds: Noise thresholds of the scores' columns.
    """
    hulls = {fold: _hull_without(patients, folds == fold, noise_thresholds) for fold in np.unique(folds).tolist()}
    # The pooled path is straight between the positions of the corners.
    positions = np.unique(np.concatenate([hull_positions(hull) for hull in hulls.values()]))
    decisions = np.zeros((len(folds), positions.size))
    for fold, hull in hulls.items():
        held_out = folds == fold
        decisions[held_out] = decisions_along(hull, patients.scores[held_out], noise_thresholds, positions)
    fracture = patients.fracture
    false_positive_rate, sensitivity = (decisions[fracture == outcome].mean(axis=0) for outcome in (False, True))
    return NestedRoc(false_positive_rate, sensitivity, hulls, area_of_decisions(fracture, decisions))


def _hull_without(patients: PatientScores, held_out: BoolArray, noise_thresholds: tuple[int, ...]) -> RocHull:
    fracture = patients.fracture[~held_out]
    return roc_hull([roc_curve(fracture, member) for member in patients.scores[~held_out].T], noise_thresholds)
