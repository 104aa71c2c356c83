"""The grades of vertebrae from maps of grades, and what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.analysis.grading import (
    VertebraGrading,
    analyse_grading,
    grading_notes,
    summarise_grading,
    write_grades,
)
from evaluation.analysis.height_loss import HeightLossAucs
from evaluation.analysis.scoring import score_and_detect
from evaluation.cohort.assembly import assemble_cohort
from evaluation.maps.probability_map import read_probability_map, write_probability_map
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.grading import GradeAuc
from tests.evaluation.conftest import AFFINE, Grades, MakeCohort, SyntheticCohort, blob_map

GRADES: list[Grades] = [{"T12": number % 4, "L1": (number // 2) % 4, "L2": 0} for number in range(8)]
SHARES = {0: (0.7, 0.1, 0.1, 0.1), 1: (0.2, 0.5, 0.2, 0.1), 2: (0.1, 0.2, 0.5, 0.2), 3: (0.0, 0.1, 0.2, 0.7)}
"""Of the probability of a vertebra, by read grade; the most probable is the read one."""
NAMES = ("normal", "mild", "moderate", "severe")


def grade_maps(grades: Grades) -> dict[str, np.ndarray]:
    """Maps of a detector that grades every vertebra as it was read, with 0.9 of the probability in all."""
    chosen = {level: grade for level, grade in grades.items() if grade is not None}
    return {
        name: blob_map({level: 0.9 * SHARES[grade][place] for level, grade in chosen.items()}).probability
        for place, name in enumerate(NAMES)
    }


def write_grade_maps(cohort: SyntheticCohort, fracture_grade: int = 1) -> None:
    for source, grades in zip(cohort.maps, GRADES, strict=True):
        maps = grade_maps(grades)
        below, above = list(NAMES[:fracture_grade]), list(NAMES[fracture_grade:])
        written = {
            **{name: maps[name] for name in NAMES[1:]},
            "normal": sum((maps[name] for name in below), np.zeros_like(maps["mild"])),
            "fracture": sum((maps[name] for name in above), np.zeros_like(maps["mild"])),
        }
        for name, probability in written.items():
            write_probability_map(source.path.with_name(f"{source.case_id}_{name}.nii.gz"), probability, AFFINE)


def grade_cohort(cohort: SyntheticCohort, settings: EvaluationSettings) -> tuple[VertebraGrading | None, CohortScores]:
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    scored = score_and_detect(assembled, cohort.annotations, settings, seen_in_cts=True, grade=True)
    weights = draw_replicates(scored.scores.patients, settings)
    return analyse_grading(assembled.cases, scored.grades, scored.scores, weights, settings), scored.scores


@pytest.mark.parametrize("fracture_grade", [1, 2, 3])
def test_vertebrae_are_graded_as_the_maps_say(
    make_cohort: MakeCohort, settings: EvaluationSettings, fracture_grade: int
) -> None:
    """The map of normal holds the grades below the lowest fracture grade too, and they are told apart."""
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort, fracture_grade)
    found, scores = grade_cohort(cohort, settings)
    assert found is not None
    np.testing.assert_array_equal(found.predicted, scores.vertebrae.grade)
    assert found.agreement.kappa == 1.0
    assert found.agreement.exact == 1.0
    assert [auc.auc for auc in found.aucs] == [1.0, 1.0, 1.0]
    assert found.summed_from == fracture_grade
    by_grade = [found.probabilities[scores.vertebrae.grade == grade] for grade in range(4)]
    for grade, rows in enumerate(by_grade):
        shares = rows / rows.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(shares, np.tile(SHARES[grade], (len(rows), 1)), atol=2e-3)
    (note,) = grading_notes(found, fracture_grade % 3 + 1)
    assert f"sum up the grades from {fracture_grade} on" in note
    assert grading_notes(found, fracture_grade) == []


def test_softmax_files_grade_as_the_maps_do(
    make_cohort: MakeCohort, settings: EvaluationSettings, tmp_path: Path
) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort)
    expected, _ = grade_cohort(cohort, settings)
    sources = []
    for source, grades in zip(cohort.maps, GRADES, strict=True):
        maps = grade_maps(grades)
        background = 1 - sum(maps.values(), np.zeros_like(maps["mild"]))
        path = tmp_path / f"{source.case_id}.npz"
        np.savez(path, probabilities=np.stack([background, *maps.values()]))
        (tmp_path / f"{source.case_id}.nii.gz").write_bytes(source.path.read_bytes())
        sources.append(replace(source, path=path, labels=(2, 3, 4), grade_labels=(1, 2, 3, 4)))
    found, _ = grade_cohort(replace(cohort, maps=sources), settings)
    assert expected is not None
    assert found is not None
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-4)
    np.testing.assert_array_equal(found.predicted, expected.predicted)


def test_maps_of_fractures_alone_have_no_grades(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort(GRADES)
    assert grade_cohort(cohort, settings)[0] is None
    for source in cohort.maps:
        normal = source.path.with_name(f"{source.case_id}_normal.nii.gz")
        write_probability_map(normal, blob_map({"T12": 0.05}).probability, AFFINE)
    assert grade_cohort(cohort, settings)[0] is None


def test_missing_maps_are_all_named(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort)
    folder = cohort.maps[0].path.parent
    for name in ("case01_mild", "case03_normal", "case05_severe"):
        (folder / f"{name}.nii.gz").unlink()
    with pytest.raises(InputError) as caught:
        grade_cohort(cohort, settings)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        str(folder / f"{name}.nii.gz") for name in ("case01_mild", "case03_normal", "case05_severe")
    ]
    assert caught.value.problems[0].endswith("missing; expected the maps of all grades, in all cases or in none")


def test_some_cases_without_grades_are_refused(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort)
    path = cohort.maps[0].path.with_name("case00.npz")
    fracture = read_probability_map(cohort.maps[0].path).probability
    np.savez(path, probabilities=np.stack([1 - fracture, fracture]))
    path.with_name("case00.nii.gz").write_bytes(cohort.maps[0].path.read_bytes())
    cohort.maps[0] = replace(cohort.maps[0], path=path, labels=(1,))
    with pytest.raises(InputError, match=r"case00\.npz: no class for each grade; expected the grades of all cases"):
        grade_cohort(cohort, settings)


def test_maps_of_another_prediction_are_refused(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort)
    changed = cohort.maps[2].path.with_name("case02_moderate.nii.gz")
    write_probability_map(changed, blob_map({"T12": 0.3, "L1": 0.1}).probability, AFFINE)
    with pytest.raises(InputError) as caught:
        grade_cohort(cohort, settings)
    (problem,) = caught.value.problems
    assert problem == (
        f"{cohort.maps[2].path}: not the sum of the maps of grades beside it; expected maps of the same prediction"
    )


def test_a_map_of_another_grid_is_refused(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort)
    path = cohort.maps[1].path.with_name("case01_severe.nii.gz")
    image = nibabel.load(path)
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj)[1:], image.affine), path)
    with pytest.raises(InputError, match=r"case01_severe\.nii\.gz: shape .*expected the map of the same prediction"):
        grade_cohort(cohort, settings)


def test_the_table_and_the_summary(make_cohort: MakeCohort, settings: EvaluationSettings, tmp_path: Path) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort)
    found, scores = grade_cohort(cohort, settings)
    path = tmp_path / "grades.csv"
    write_grades(path, found, scores)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "case_id,patient_id,vertebra,grade,predicted_grade,normal,mild,moderate,severe"
    assert len(lines) == 1 + 3 * len(GRADES)
    assert lines[1].startswith("case00,case00,T12,0,0,")
    write_grades(path, None, scores)
    assert not path.exists()
    before: dict[str, Any] = {"vertebra": {"auc": 0.5}, "notes": ["a"]}
    aucs = [GradeAuc(grade, 4, 0.75, (0.5, 1.0)) for grade in (1, 2, 3)]
    losses = HeightLossAucs(20, 4, 1, aucs, aucs[::-1], aucs)
    summary = summarise_grading(before, found, losses, 1)
    assert (summary["vertebra"]["auc"], summary["notes"]) == (0.5, ["a"])
    grading = summary["vertebra"]["grading"]
    assert grading["n"] == 24
    assert np.trace(grading["confusion"]) == 24
    assert grading["at_least"]["2"]["auc"] == 1.0
    assert grading["height_loss"]["at_least"]["3"] == {"positives": 4, "auc": 0.75, "ci95": [0.5, 1.0]}
    assert [grading["height_loss"][name] for name in ("n", "not_measured", "without_neighbour")] == [20, 4, 1]
    assert list(grading["height_loss"]["own_at_least"]) == ["3", "2", "1"]
    assert len(summarise_grading(before, found, None, 3)["notes"]) == 2
    assert summarise_grading(before, None, None, 1) == before
    assert set(summarise_grading(before, None, losses, 1)["vertebra"]["grading"]) == {"height_loss"}
