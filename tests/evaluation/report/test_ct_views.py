from collections.abc import Callable
from dataclasses import replace

from dataset_conversion.spine.vertebra_table import read_vertebra_table, write_vertebra_table
from evaluation.analysis.curves import analyse
from evaluation.analysis.scoring import score_cohort
from evaluation.analysis.secondary import analyse_details
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.images import CT_SUFFIX, open_images
from evaluation.detection.detections import detect
from evaluation.report.ct_views import Illustrations, illustrate
from evaluation.settings import EvaluationSettings


def illustrations_of(cohort, settings: EvaluationSettings, with_images: bool) -> Illustrations:
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    images = open_images(assembled, cohort.images if with_images else None, CT_SUFFIX)
    scores = score_cohort(assembled, settings)
    analysis = analyse(scores, settings)
    details = analyse_details(assembled, scores, analysis, detect(assembled.cases, settings, {}), settings)
    return illustrate(assembled, scores, details, images, settings)


GRADES = [{"T12": 0, "L1": 2}, {"T12": 0, "L1": 0}, {"T12": 1, "L1": 0}]


def test_numbers_of_pictures_are_limited(make_cohort: Callable, settings: EvaluationSettings) -> None:
    chosen = replace(settings, overlay_cases=2, viewer_cases=1)
    shown = illustrations_of(make_cohort(GRADES), chosen, with_images=True)
    assert len(shown.pictures) == 2
    assert len(shown.viewer) == 1
    # The viewer opens on the first of the pictures.
    assert shown.pictures[0].name.endswith(shown.viewer[0].case.source.case_id)
    assert set(shown.outcomes) == {(f"case{number:02d}", level) for number in range(3) for level in ("T12", "L1")}


def test_without_ct_there_are_neither_patients_nor_viewer(make_cohort: Callable, settings: EvaluationSettings) -> None:
    shown = illustrations_of(make_cohort(GRADES), settings, with_images=False)
    assert shown.pictures == []
    assert shown.viewer == []


def test_every_error_has_a_picture(make_cohort: Callable, settings: EvaluationSettings) -> None:
    # With the grades swapped, the annotation calls the bright blob normal and the faint one fractured.
    cohort = make_cohort([{"T12": 0, "L1": 2}, {"T12": 0, "L1": 2}, {"T12": 0, "L1": 0}])
    rows = read_vertebra_table(cohort.annotations)
    write_vertebra_table(cohort.annotations, [replace(row, grade=0 if row.grade else 2) for row in rows])
    shown = illustrations_of(cohort, settings, with_images=False)
    errors = [key for key, outcome in shown.outcomes.items() if outcome in ("FN", "FP")]
    assert errors
    assert set(shown.crops) == set(errors)
    assert illustrations_of(cohort, replace(settings, error_pictures=0), with_images=False).crops == {}
