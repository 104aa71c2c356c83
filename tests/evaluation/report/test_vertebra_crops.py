from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from evaluation.analysis.misclassifications import Misclassification, Outcome
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import Case
from evaluation.cohort.images import CT_SUFFIX, open_images
from evaluation.maps.nifti import NiftiFile
from evaluation.report.overlay import STYLE
from evaluation.report.vertebra_crops import HALF_SIDE, SCALE, draw_crops, worst_misclassifications
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import MakeCohort


def misclassified_at(level: str, outcome: Outcome, case_id: str = "case00") -> Misclassification:
    return Misclassification(case_id, case_id, level, outcome, 1, None, 0.1, 0.5, False, 1, False)


MISSED = [misclassified_at(level, Outcome.FALSE_NEGATIVE) for level in ("T11", "T12")]
FALSE_ALARMS = [misclassified_at(level, Outcome.FALSE_POSITIVE) for level in ("L1", "L2", "L3")]


def test_both_kinds_take_turns() -> None:
    chosen = worst_misclassifications([*MISSED, *FALSE_ALARMS], 4)
    assert [one.vertebra for one in chosen] == ["T11", "L1", "T12", "L2"]
    assert len(worst_misclassifications([*MISSED, *FALSE_ALARMS], 60)) == 5
    assert worst_misclassifications(MISSED, 0) == []


Images = tuple[dict[str, Case], dict[str, NiftiFile]]


@pytest.fixture
def cohort(make_cohort: MakeCohort, settings: EvaluationSettings) -> Images:
    written = make_cohort([{"T12": 0, "L1": 2}, {"T12": 1, "L1": 0}])
    assembled = assemble_cohort(written.maps, written.annotations, settings)
    return {case.source.case_id: case for case in assembled.cases}, open_images(assembled, written.images, CT_SUFFIX)


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png))).astype(int)


def test_each_vertebra_has_its_own_square_with_the_vertebra_in_the_middle(cohort: Images) -> None:
    cases, images = cohort
    misclassified = [
        misclassified_at("L1", Outcome.FALSE_NEGATIVE),
        misclassified_at("T12", Outcome.FALSE_POSITIVE, "case01"),
    ]
    crops = draw_crops([*misclassified, misclassified_at("T12", Outcome.FALSE_POSITIVE)], cases, images)
    assert set(crops) == {("case00", "L1"), ("case00", "T12"), ("case01", "T12")}
    pixels = pixels_of(crops["case00", "L1"])
    middle = SCALE * HALF_SIDE
    assert pixels.shape == (2 * middle, 2 * middle, 3)
    assert np.all(pixels[middle, middle] == 255)


def test_without_ct_the_map_alone_is_drawn(cohort: Images) -> None:
    cases, images = cohort
    misclassified = [misclassified_at("L1", Outcome.FALSE_NEGATIVE)]
    with_ct = pixels_of(draw_crops(misclassified, cases, images)["case00", "L1"])
    without = pixels_of(draw_crops(misclassified, cases, {})["case00", "L1"])
    assert np.any(with_ct != without)
    # Beyond the view there is no CT either.
    assert np.all(with_ct[:4, :4] == round(255 * STYLE.without_ct))
    colour = np.ptp(without, axis=2)
    middle = SCALE * HALF_SIDE
    assert colour[middle - 8, middle - 8] > 20
    assert np.all(colour[:10, :10] == 0)
