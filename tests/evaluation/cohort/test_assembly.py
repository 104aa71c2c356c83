from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.source_counts import SourceCount
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table, write_vertebra_table
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.sources import CaseMap
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import Grades, MakeCohort, SyntheticCohort

SETTINGS = EvaluationSettings()


@pytest.fixture
def cohort(make_cohort: MakeCohort, mixed_grades: list[Grades]) -> SyntheticCohort:
    return make_cohort(mixed_grades[:4])


def problems_of(cohort: SyntheticCohort, settings: EvaluationSettings = SETTINGS) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        assemble_cohort(cohort.maps, cohort.annotations, settings)
    return caught.value.problems


def edit(annotations: Path, change: Callable[[Vertebra], Vertebra | None]) -> None:
    rows = [change(vertebra) for vertebra in read_vertebra_table(annotations)]
    write_vertebra_table(annotations, [row for row in rows if row])


def test_cases_are_sorted_and_ungraded_vertebrae_left_out(cohort: SyntheticCohort) -> None:
    found = assemble_cohort(cohort.maps[::-1], cohort.annotations, SETTINGS)
    assert [case.source.case_id for case in found.cases] == ["case00", "case01", "case02", "case03"]
    assert [vertebra.vertebra for vertebra in found.cases[0].vertebrae] == ["T12", "L1"]
    assert found.left_out == ("2 vertebrae without a grade: case00 L2; case02 L2",)
    assert found.counts == {"rows": SourceCount(12, 10), "maps": SourceCount(4, 4)}


def test_patient_with_no_graded_vertebra_is_left_out_and_named(cohort: SyntheticCohort) -> None:
    edit(cohort.annotations, lambda v: replace(v, grade=None) if v.case_id == "case01" else v)
    found = assemble_cohort(cohort.maps, cohort.annotations, SETTINGS)
    assert "case01" not in {case.source.case_id for case in found.cases}
    assert "case case01 has no graded vertebra" in found.left_out


def test_unpaired_cases_are_problems_unless_allowed(cohort: SyntheticCohort) -> None:
    edit(cohort.annotations, lambda v: v if v.case_id != "case03" else None)
    cohort.maps = cohort.maps[1:]
    problems = problems_of(cohort)
    assert "case case00 has no map" in problems[0]
    assert "case case03 has no row" in problems[1]
    found = assemble_cohort(cohort.maps, cohort.annotations, replace(SETTINGS, allow_unpaired=True))
    assert [case.source.case_id for case in found.cases] == ["case01", "case02"]
    assert set(problems) < set(found.left_out)


def test_all_problems_are_reported_at_once(cohort: SyntheticCohort) -> None:
    cohort.maps[0].path.write_text("not an image")
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4), dtype=np.float32), np.eye(4)), cohort.maps[1].path)
    edit(cohort.annotations, lambda v: replace(v, x=500.0) if (v.case_id, v.vertebra) == ("case02", "L1") else v)
    cohort.maps.append(CaseMap("case04", cohort.maps[0].path))
    problems = problems_of(cohort)
    for part in ("case00_fracture.nii.gz: cannot", "three axes", "centroid of L1 at (500.0", "case case04 has no row"):
        assert any(part in problem for problem in problems), part
    assert len(problems) == 4


def test_patient_in_two_folds(cohort: SyntheticCohort) -> None:
    edit(cohort.annotations, lambda v: replace(v, patient_id="p") if v.case_id in ("case00", "case01") else v)
    assert problems_of(cohort) == ("patient p has cases in folds [0, 1]; expected all of them in one fold",)


def test_two_maps_of_a_case(cohort: SyntheticCohort) -> None:
    cohort.maps.append(CaseMap("case00", cohort.maps[1].path, 0))
    assert sum("one of 2 maps of case case00" in finding for finding in problems_of(cohort)) == 2


def test_bad_and_missing_table(cohort: SyntheticCohort) -> None:
    cohort.annotations.write_text("case_id,vertebra,x,y,z,severity\ncase00,L1,0,0,0,1\n")
    assert any("severity" in finding for finding in problems_of(cohort))
    cohort.annotations.unlink()
    assert "vertebrae.csv" in problems_of(cohort)[0]


def test_nothing_graded_at_all(cohort: SyntheticCohort) -> None:
    edit(cohort.annotations, lambda v: replace(v, grade=None))
    assert "no graded vertebra" in problems_of(cohort)[0]


def test_ungraded_vertebrae_stay_with_their_case(cohort: SyntheticCohort) -> None:
    found = assemble_cohort(cohort.maps, cohort.annotations, SETTINGS)
    assert [vertebra.vertebra for vertebra in found.cases[0].ungraded] == ["L2"]
    assert found.cases[1].ungraded == ()


def test_the_atlas_is_neither_scored_nor_missed(cohort: SyntheticCohort) -> None:
    """Maps do not mark C1. A patient is not positive by it, and it does not lengthen the annotated span."""
    first = read_vertebra_table(cohort.annotations)[0]
    rows = read_vertebra_table(cohort.annotations)
    write_vertebra_table(cohort.annotations, [replace(first, vertebra="C1", z=first.z + 30, grade=3), *rows])
    found = assemble_cohort(cohort.maps, cohort.annotations, SETTINGS)
    assert [vertebra.vertebra for vertebra in found.cases[0].annotated] == ["T12", "L1", "L2"]
    assert found.left_out[0] == "C1 of case00, which has no body"
    assert found.counts["rows"] == SourceCount(13, 10)


def test_wrong_values_are_reported_with_all_other_problems(cohort: SyntheticCohort) -> None:
    voxels = np.zeros((26, 24, 64), dtype=np.float32)
    for number, value in ((0, np.nan), (1, 1.5)):
        voxels[0, 0, 0] = value
        nibabel.save(nibabel.Nifti1Image(voxels, nibabel.load(cohort.maps[2].path).affine), cohort.maps[number].path)
    cohort.maps.append(CaseMap("case04", cohort.maps[2].path))
    problems = problems_of(cohort)
    for part in ("case04 has no row", "case00_fracture.nii.gz: values nan", "case01_fracture.nii.gz: values 0 to 1.5"):
        assert any(part in problem for problem in problems), part
    assert len(problems) == 3


def test_grid_of_another_place_is_recognised_by_the_centroids(cohort: SyntheticCohort) -> None:
    shifted = nibabel.load(cohort.maps[0].path)
    affine = shifted.affine.copy()
    affine[:3, 3] += 300
    nibabel.save(nibabel.Nifti1Image(shifted.get_fdata(dtype=np.float32), affine), cohort.maps[0].path)
    assert all("case00" in finding and "lies outside the image" in finding for finding in problems_of(cohort))
