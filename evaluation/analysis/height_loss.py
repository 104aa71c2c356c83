"""The loss of height that masks show, against the read grades.

It is the loss that `predict` reports. Where `predict` compares a body with the nearest one that the detector does not
take for fractured, the nearest one with a read grade below a fracture is taken here. So these AUCs are those of a
measurement by a reader who knows which vertebrae are fractured, not those of a detector.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import is_fracture
from evaluation.statistics.scores import CohortScores, VertebraScores
from evaluation.vertebra.grading import GradeAuc, grade_aucs
from evaluation.vertebra.height_loss import HeightLoss, height_losses_down
from evaluation.vertebra.mask_heights import CaseHeights, cohort_heights
from evaluation.vertebra.masks import find_masks


@dataclass(frozen=True)
class HeightLossAucs:
    """AUCs of the loss of height, each from every fracture grade on.

    Attributes:
        n: Number of graded vertebrae that are measured. The others are left out.
        not_measured: Number of graded vertebrae that are not measured, because the image cuts them.
        without_neighbour: Number of those measured without an unfractured neighbour. Their loss against it counts as 0.
        largest: AUCs of the larger of both losses.
        own: AUCs of the loss against the body's own tallest height.
        neighbour: AUCs of the loss against the unfractured neighbour.
    """

    n: int
    not_measured: int
    without_neighbour: int
    largest: list[GradeAuc]
    own: list[GradeAuc]
    neighbour: list[GradeAuc]


def analyse_height_loss(
    masks: Path | None, annotations: Path, scores: CohortScores, fracture_grade: int
) -> HeightLossAucs | None:
    """AUCs of the loss of height, measured on masks; None without masks.

    Args:
        masks: Folder of vertebra masks.
        annotations: The vertebra table. A vertebra without a grade is measured, but none is compared with it.
        scores: Scores of the cohort, for its graded vertebrae.
        fracture_grade: Lowest grade of a fracture.

    Raises:
        InputError: If masks are missing, cannot be read or lack a graded vertebra.
    """
    if masks is None:
        return None
    found = _losses_of(masks, annotations, scores.vertebrae, fracture_grade)
    measured = np.array([loss is not None for loss in found])
    known = [loss for loss in found if loss is not None]
    grade, patient = scores.vertebrae.grade[measured], scores.vertebrae.patient[measured]

    def aucs(values: list[float]) -> list[GradeAuc]:
        column: FloatArray = np.array(values, dtype=float).reshape(-1, 1)
        return grade_aucs(grade, column, patient)

    return HeightLossAucs(
        n=len(known),
        not_measured=len(found) - len(known),
        without_neighbour=sum(loss.neighbour is None for loss in known),
        largest=aucs([loss.largest for loss in known]),
        own=aucs([loss.own for loss in known]),
        neighbour=aucs([loss.neighbour or 0.0 for loss in known]),
    )


def _losses_of(
    masks: Path, annotations: Path, vertebrae: VertebraScores, fracture_grade: int
) -> list[HeightLoss | None]:
    """The loss of each vertebra, in the order of the scores."""
    heights = cohort_heights(annotations, find_masks(masks, sorted(set(vertebrae.case_id))))
    losses = {case_id: _losses(measured, fracture_grade) for case_id, measured in heights.items()}
    return [losses[case_id][level] for case_id, level in zip(vertebrae.case_id, vertebrae.vertebra, strict=True)]


def _losses(measured: CaseHeights, fracture_grade: int) -> dict[str, HeightLoss | None]:
    """The loss of each vertebra of a case by its level."""
    unusable = [row.grade is None or bool(is_fracture(row.grade, fracture_grade)) for row, _ in measured]
    losses = height_losses_down([heights for _, heights in measured], unusable)
    return {row.vertebra: loss for (row, _), loss in zip(measured, losses, strict=True)}
