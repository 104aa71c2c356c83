"""Everything in the report that shows a CT or a map: patients, errors and the interactive viewer's volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.analysis.secondary import Details
from evaluation.cohort.assembly import Cohort
from evaluation.maps.nifti import NiftiFile
from evaluation.report.patient_pictures import Outcomes, Picture, choose_patients, draw_pictures
from evaluation.report.vertebra_crops import Crops, draw_crops, worst_errors
from evaluation.report.viewer import ViewerCase, viewer_cases
from evaluation.settings import ReportSettings
from evaluation.statistics.scores import CohortScores


@dataclass(frozen=True)
class Illustrations:
    """What is shown.

    Attributes:
        pictures: Sagittal views of patients; none without CTs.
        crops: A picture of each of the worst errors, of the map alone without a CT.
        viewer: Volumes; none without CTs.
        outcomes: What the operating point makes of each vertebra, by case and level.
    """

    pictures: list[Picture]
    crops: Crops
    viewer: list[ViewerCase]
    outcomes: Outcomes


def illustrate(
    cohort: Cohort,
    scores: CohortScores,
    details: Details,
    images: Mapping[str, NiftiFile],
    settings: ReportSettings,
) -> Illustrations:
    """Draw everything.

    Args:
        cohort: The cases.
        scores: Their scores, which say whom to show.
        details: Errors and outcomes.
        images: The CT of each case, or none at all.
        settings: `overlay_cases`, `error_pictures`, `viewer_cases`, `viewer_megabytes`, `reference_noise_threshold`.

    Raises:
        InputError: CTs that cannot be read whole.
    """
    cases = {case.source.case_id: case for case in cohort.cases}
    vertebrae = scores.vertebrae
    # Empty where there is no operating point.
    outcomes = dict(zip(zip(vertebrae.case_id, vertebrae.vertebra, strict=True), details.outcomes, strict=False))
    reference = scores.patients.scores[:, settings.reference_column]
    chosen = [
        (cases[scores.patients.case_ids[patient][0]], float(reference[patient]))
        for patient in choose_patients(scores.patients, settings)
        if images
    ]
    errors = worst_errors(details.errors, settings.error_pictures)
    return Illustrations(
        pictures=draw_pictures(chosen[: settings.overlay_cases], images, outcomes),
        crops=draw_crops(errors, cases, images),
        viewer=viewer_cases([case for case, _ in chosen], images, settings.viewer_cases, settings.viewer_megabytes),
        outcomes=outcomes,
    )
