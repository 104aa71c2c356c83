"""Views of CTs and maps in the report: patients, misclassified vertebrae, volumes for the interactive viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.analysis.secondary import SecondaryAnalyses
from evaluation.cohort.cases import EvaluationCohort
from evaluation.maps.nifti import NiftiFile
from evaluation.report.patient_pictures import Outcomes, Picture, choose_patients, draw_pictures
from evaluation.report.vertebra_crops import Crops, draw_crops, worst_misclassifications
from evaluation.report.viewer import ViewerCase, viewer_cases
from evaluation.settings import ReportSettings
from evaluation.statistics.scores import CohortScores


@dataclass(frozen=True)
class CtViews:
    """Pictures and volumes of CTs and maps.

    Attributes:
        pictures: Sagittal views of patients; empty without CTs.
        crops: Pictures of the worst misclassified vertebrae; without a CT they show the map alone.
        viewer: Volumes for the viewer; empty without CTs.
        outcomes: Outcome of each vertebra at the operating point, by case and level.
    """

    pictures: list[Picture]
    crops: Crops
    viewer: list[ViewerCase]
    outcomes: Outcomes


def draw_ct_views(
    cohort: EvaluationCohort,
    scores: CohortScores,
    secondary: SecondaryAnalyses,
    images: Mapping[str, NiftiFile],
    settings: ReportSettings,
) -> CtViews:
    """Draw the pictures and cut out the volumes.

    Args:
        cohort: The cases.
        scores: Scores of the cohort, by which patients are chosen.
        secondary: Outcomes and misclassified vertebrae.
        images: CT of each case; empty if there are none.
        settings: The limits on the numbers of pictures and volumes, and `reference_noise_threshold`, are used.

    Raises:
        InputError: If a CT or map cannot be read completely.
    """
    cases = {case.source.case_id: case for case in cohort.cases}
    vertebrae = scores.vertebrae
    # Empty without an operating point.
    outcomes = dict(zip(zip(vertebrae.case_id, vertebrae.vertebra, strict=True), secondary.outcomes, strict=False))
    reference = scores.patients.scores[:, settings.reference_column]
    chosen = [
        (cases[scores.patients.case_ids[patient][0]], float(reference[patient]))
        for patient in choose_patients(scores.patients, settings)
        if images
    ]
    worst = worst_misclassifications(secondary.misclassifications, settings.error_pictures)
    return CtViews(
        pictures=draw_pictures(chosen[: settings.overlay_cases], images, outcomes),
        crops=draw_crops(worst, cases, images),
        viewer=viewer_cases([case for case, _ in chosen], images, settings.viewer_cases, settings.viewer_megabytes),
        outcomes=outcomes,
    )
