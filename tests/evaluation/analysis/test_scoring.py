from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import read_vertebra_table, write_vertebra_table
from evaluation.analysis.scoring import score_and_detect, score_cohort
from evaluation.cohort import images
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import Case
from evaluation.cohort.sources import CaseMap
from evaluation.maps.nifti import NiftiFile, open_nifti
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map
from evaluation.patient.rule import patient_scores
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import Grades, MakeCohort, add_normal_maps


def test_order_of_the_maps_does_not_matter(
    make_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings
) -> None:
    cohort = make_cohort(mixed_grades[:5])
    first = score_cohort(assemble_cohort(cohort.maps, cohort.annotations, settings), settings)
    second = score_cohort(assemble_cohort(cohort.maps[::-1], cohort.annotations, settings), settings)
    assert first.patients.patient_id == second.patients.patient_id
    np.testing.assert_array_equal(first.patients.scores, second.patients.scores)
    np.testing.assert_array_equal(first.vertebrae.scores, second.vertebrae.scores)


def test_outcomes_follow_the_fracture_grade(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"T12": 0, "L1": 1}, {"T12": 2, "L1": 0}, {"T12": 0, "L1": None}])
    for fracture_grade, expected in ((1, [True, True, False]), (2, [False, True, False])):
        chosen = replace(settings, fracture_grade=fracture_grade)
        scores = score_cohort(assemble_cohort(cohort.maps, cohort.annotations, chosen), chosen)
        assert scores.patients.fracture.tolist() == expected
    assert scores.vertebrae.vertebra == ("T12", "L1", "T12", "L1", "T12")
    assert scores.vertebrae.grade.tolist() == [0, 1, 2, 0, 0]
    assert scores.patients.fold == (0, 1, 2)


def test_cases_of_a_patient_are_one_row_with_the_largest_score(
    make_cohort: MakeCohort, settings: EvaluationSettings
) -> None:
    cohort = make_cohort([{"L1": 0}, {"L1": 3}, {"L1": 0}])
    rows = [
        replace(v, patient_id="p" if v.case_id != "case02" else "q") for v in read_vertebra_table(cohort.annotations)
    ]
    write_vertebra_table(cohort.annotations, rows)
    maps = [replace(source, fold=None) for source in cohort.maps]
    scores = score_cohort(assemble_cohort(maps, cohort.annotations, settings), settings)
    assert scores.patients.case_ids == (("case00", "case01"), ("case02",))
    assert scores.patients.fracture.tolist() == [True, False]
    assert scores.vertebrae.patient.tolist() == [0, 0, 1]
    each = [patient_scores(read_probability_map(source.path), settings) for source in maps[:2]]
    np.testing.assert_array_equal(scores.patients.scores[0], np.maximum(*each))


def test_every_damaged_map_is_named(
    make_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings
) -> None:
    cohort = make_cohort(mixed_grades[:4])
    for source in cohort.maps[1:3]:
        source.path.write_bytes(source.path.read_bytes()[:-200])
    with pytest.raises(InputError) as caught:
        score_cohort(assemble_cohort(cohort.maps, cohort.annotations, settings), settings)
    assert len(caught.value.problems) == 2
    assert "case01_fracture.nii.gz: truncated" in caught.value.problems[0]


def test_each_map_is_read_once_for_scores_and_findings(
    make_cohort: MakeCohort, settings: EvaluationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    expected = score_cohort(assembled, settings)
    read: list[str] = []

    def read_and_note(case: Case) -> ProbabilityMap:
        read.append(case.source.case_id)
        return read_probability_map(case.source.path)

    monkeypatch.setattr(images, "read_map", read_and_note)
    scored = score_and_detect(assembled, cohort.annotations, replace(settings, finding_threshold=0.3))
    scores, detections = scored.scores, scored.detections
    assert read == ["case00", "case01"]
    assert [found.case_id for found in detections] == read
    assert [found.hit.tolist() for found in detections] == [[True], []]
    np.testing.assert_array_equal(scores.patients.scores, expected.patients.scores)
    np.testing.assert_array_equal(scores.vertebrae.scores, expected.vertebrae.scores)


def test_each_map_of_normal_vertebrae_is_read_once(
    make_cohort: MakeCohort, settings: EvaluationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = make_cohort([{"T12": 0, "L1": 2, "L2": 0}, {"T12": 0, "L1": 0, "L2": 0}])
    add_normal_maps(cohort)
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    read: list[str] = []
    original = NiftiFile.read_stored

    def reading(image: NiftiFile) -> npt.NDArray[Any]:
        read.append(image.path.name)
        return original(image)

    monkeypatch.setattr(NiftiFile, "read_stored", reading)
    scored = score_and_detect(assembled, cohort.annotations, settings)
    assert sorted(read) == [f"case0{number}_{kind}.nii.gz" for number in (0, 1) for kind in ("fracture", "normal")]
    assert scored.located is not None
    assert [len(found.vertebrae) for found in scored.located] == [3, 3]
    assert score_and_detect(assembled, cohort.annotations, settings, locate=False).located is None


def test_without_all_normal_maps_nothing_is_located(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    add_normal_maps(cohort)
    cohort.maps[0].path.with_name("case00_normal.nii.gz").unlink()
    scored = score_and_detect(assemble_cohort(cohort.maps, cohort.annotations, settings), cohort.annotations, settings)
    assert scored.located is None
    assert scored.without_normal_map == ("case00",)


def test_damaged_maps_and_label_images_are_named_at_once(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 1}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    labels = open_nifti(cohort.images / "case01_0000.nii.gz")
    for path in (cohort.maps[0].path, labels.path):
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError) as caught:
        score_and_detect(assembled, cohort.annotations, replace(settings, finding_threshold=0.3), {"case01": labels})
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        str(cohort.maps[0].path),
        str(labels.path),
    ]


def test_nnunets_probabilities_score_as_the_map_of_the_same_values(
    make_cohort: MakeCohort, tmp_path: Path, settings: EvaluationSettings
) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    expected = score_cohort(assemble_cohort(cohort.maps, cohort.annotations, settings), settings)
    arrays = []
    for source in cohort.maps:
        fracture = read_probability_map(source.path).probability
        np.savez(tmp_path / f"{source.case_id}.npz", probabilities=np.stack([1 - fracture, fracture]))
        segmentation = tmp_path / f"{source.case_id}.nii.gz"
        segmentation.write_bytes(source.path.read_bytes())
        arrays.append(CaseMap(source.case_id, tmp_path / f"{source.case_id}.npz", source.fold, label=1))
    found = score_cohort(assemble_cohort(arrays, cohort.annotations, settings), settings)
    np.testing.assert_array_equal(found.patients.scores, expected.patients.scores)
    np.testing.assert_array_equal(found.vertebrae.scores, expected.vertebrae.scores)


def test_cube_is_chosen_among_the_candidates(
    make_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings
) -> None:
    cohort = make_cohort(mixed_grades[:6])
    chosen = replace(settings, cube_side="auto", cube_candidates=(1, 10))
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    scores = score_cohort(assembled, chosen)
    given = {side: score_cohort(assembled, replace(settings, cube_side=side)) for side in (1, 10)}
    assert scores.cube is not None
    fold = np.array(scores.patients.fold)[scores.vertebrae.patient]
    for held_out, side in scores.cube.side_by_fold.items():
        rows = fold == held_out
        np.testing.assert_array_equal(scores.vertebrae.scores[rows], given[side].vertebrae.scores[rows])
