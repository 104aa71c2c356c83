from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.analysis.misclassifications import Outcome
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import Case
from evaluation.cohort.images import CT_SUFFIX, open_images
from evaluation.maps.nifti import NiftiFile
from evaluation.report.patient_pictures import choose_patients, draw_pictures
from evaluation.settings import EvaluationSettings
from evaluation.statistics.scores import PatientScores
from tests.evaluation.conftest import MakeCohort


def patients(fracture: list[bool], scores: list[float]) -> PatientScores:
    names = tuple(map(str, range(len(fracture))))
    return PatientScores(
        names, tuple((n,) for n in names), (None,) * len(names), np.array(fracture), np.array([scores]).T
    )


ONE = EvaluationSettings(noise_thresholds=(1,), reference_noise_threshold=1)


def test_misses_false_alarms_and_clear_findings_take_turns() -> None:
    scored = patients([True, True, True, True, False, False, False], [0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.0])
    assert choose_patients(scored, ONE) == [0, 5, 1, 2, 4, 3, 6]


def test_no_patient_is_chosen_twice() -> None:
    assert choose_patients(patients([True, True], [0.1, 0.9]), ONE) == [0, 1]
    assert choose_patients(patients([False], [0.1]), ONE) == [0]


Opened = tuple[tuple[Case, ...], dict[str, NiftiFile]]


@pytest.fixture
def opened(make_cohort: MakeCohort, settings: EvaluationSettings) -> Opened:
    cohort = make_cohort([{"T12": 0, "L1": 2}, {"T12": 0, "L1": 0}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    return assembled.cases, open_images(assembled, cohort.images, CT_SUFFIX)


def test_captions_and_names(opened: Opened) -> None:
    cases, images = opened
    first, second = draw_pictures([(cases[0], 0.25), (cases[1], 0.5)], images, {})
    assert first.caption == "case00: annotated: L1 grade 2; patient score 0.250"
    assert "annotated: no fracture" in second.caption
    assert (first.name, second.name) == ("sagittal_case00", "sagittal_case01")


def test_outcomes_are_marked_and_written(opened: Opened) -> None:
    cases, images = opened
    outcomes = {("case00", "T12"): Outcome.FALSE_POSITIVE, ("case00", "L1"): Outcome.FALSE_NEGATIVE}
    (picture,) = draw_pictures([(cases[0], 0.25)], images, outcomes)
    (axes,) = picture.figure.axes
    assert [text.get_text() for text in axes.texts] == ["T12", "FP", "L1  2", "FN"]
    assert [line.get_marker() for line in axes.lines] == ["^", "X"]
    (plain,) = draw_pictures([(cases[0], 0.25)], images, {("case00", "L1"): Outcome.TRUE_POSITIVE})
    assert [line.get_marker() for line in plain.figure.axes[0].lines] == ["+", "o"]


def test_every_damaged_image_is_named(opened: Opened) -> None:
    cases, images = opened
    for nifti in images.values():
        nifti.path.write_bytes(nifti.path.read_bytes()[:-50])
    damaged = {case_id: replace(nifti) for case_id, nifti in images.items()}
    with pytest.raises(InputError) as caught:
        draw_pictures([(case, 0.0) for case in cases], damaged, {})
    assert len(caught.value.problems) == 2
