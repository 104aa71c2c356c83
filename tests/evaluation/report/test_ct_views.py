from dataclasses import replace

from dataset_conversion.spine.vertebra_table import read_vertebra_table, write_vertebra_table
from evaluation.cohort.images import CT_SUFFIX, open_images
from evaluation.report.ct_views import CtViews, draw_ct_views
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import Grades, MakeCohort, SyntheticCohort, analyse_all


def ct_views_of(cohort: SyntheticCohort, settings: EvaluationSettings, with_images: bool) -> CtViews:
    assembled, scores, _, details = analyse_all(cohort, settings)
    images = open_images(assembled, cohort.images if with_images else None, CT_SUFFIX)
    return draw_ct_views(assembled, scores, details, images, settings)


GRADES: list[Grades] = [{"T12": 0, "L1": 2}, {"T12": 0, "L1": 0}, {"T12": 1, "L1": 0}]


def test_numbers_of_pictures_are_limited(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    chosen = replace(settings, overlay_cases=2, viewer_cases=1)
    shown = ct_views_of(make_cohort(GRADES), chosen, with_images=True)
    assert len(shown.pictures) == 2
    assert len(shown.viewer) == 1
    # The viewer opens on the first of the pictures.
    assert shown.pictures[0].name.endswith(shown.viewer[0].case.source.case_id)
    assert set(shown.outcomes) == {(f"case{number:02d}", level) for number in range(3) for level in ("T12", "L1")}


def test_without_ct_there_are_neither_patients_nor_viewer(
    make_cohort: MakeCohort, settings: EvaluationSettings
) -> None:
    shown = ct_views_of(make_cohort(GRADES), settings, with_images=False)
    assert shown.pictures == []
    assert shown.viewer == []


def test_every_misclassified_vertebra_has_a_picture(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    # With the grades swapped, the annotation calls the bright blob normal and the faint one fractured.
    cohort = make_cohort([{"T12": 0, "L1": 2}, {"T12": 0, "L1": 2}, {"T12": 0, "L1": 0}])
    rows = read_vertebra_table(cohort.annotations)
    write_vertebra_table(cohort.annotations, [replace(row, grade=0 if row.grade else 2) for row in rows])
    shown = ct_views_of(cohort, settings, with_images=False)
    misclassified = [key for key, outcome in shown.outcomes.items() if outcome in ("FN", "FP")]
    assert misclassified
    assert set(shown.crops) == set(misclassified)
    assert ct_views_of(cohort, replace(settings, error_pictures=0), with_images=False).crops == {}
