from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evaluation.cohort import assemble_cohort
from evaluation.errors import EvaluationError
from evaluation.pictures import choose_patients, draw_pictures
from evaluation.scores import PatientScores
from evaluation.scoring import score_cohort
from evaluation.settings import EvaluationSettings


def patients(fracture: list[bool], scores: list[float]) -> PatientScores:
    names = tuple(map(str, range(len(fracture))))
    return PatientScores(
        names, tuple((n,) for n in names), (None,) * len(names), np.array(fracture), np.array([scores]).T
    )


ONE = EvaluationSettings(noise_thresholds=(1,), reference_noise_threshold=1, overlay_cases=4)


def test_misses_false_alarms_and_clear_findings_take_turns() -> None:
    scored = patients([True, True, True, True, False, False, False], [0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.0])
    assert choose_patients(scored, ONE) == [0, 5, 1, 2]
    assert choose_patients(scored, replace(ONE, overlay_cases=0)) == []


def test_nobody_is_chosen_twice() -> None:
    assert choose_patients(patients([True, True], [0.1, 0.9]), ONE) == [0, 1]
    assert choose_patients(patients([False], [0.1]), ONE) == [0]


def test_pictures_are_png_with_a_caption(make_cohort: Callable, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"T12": 0, "L1": 2}, {"T12": 0, "L1": 0}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    scores = score_cohort(assembled, settings).patients
    first, second = draw_pictures(assembled, scores, cohort.images, settings)
    assert first.png.startswith(b"\x89PNG")
    assert first.caption.startswith("case00: annotated L1 grade 2; patient's score 0.")
    assert "annotated no fracture" in second.caption


def test_every_missing_image_is_named(make_cohort: Callable, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 0}])
    (cohort.images / "case00_0000.nii.gz").unlink()
    (cohort.images / "case02_0000.nii.gz").write_bytes(b"")
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    with pytest.raises(EvaluationError) as caught:
        draw_pictures(assembled, score_cohort(assembled, settings).patients, cohort.images, settings)
    assert len(caught.value.findings) == 2
