"""A table in another space is refused by the CTs, or by the maps alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import RAS_TO_LPS, FloatArray, world_to_index
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.cohort.cases import Case, EvaluationCohort
from evaluation.cohort.images import CT_SUFFIX, open_images, read_map
from evaluation.cohort.normal_maps import read_normal_map, without_normal_map
from evaluation.cohort.places import check_cts, check_map_fits, fit_in_map
from evaluation.cohort.sources import CaseMap
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import write_probability_map
from tests.dataset_conversion.spine.model_spine import CENTROIDS, LEVELS, SHAPE, affine, draw

AFFINE = affine()
GRADES = (0, 2, 0, 3, 1)
TABLE = Path("vertebrae.csv")


def rows_of(case_id: str, signs: Sequence[int] = (1, 1, 1)) -> tuple[Vertebra, ...]:
    return tuple(
        Vertebra(case_id, case_id, level, x * signs[0], y * signs[1], z * signs[2], grade)
        for level, (x, y, z), grade in zip(LEVELS, CENTROIDS, GRADES, strict=True)
    )


def probability(grades: Sequence[int], value: float) -> npt.NDArray[np.float32]:
    """A map with a block of this probability at the vertebrae of these grades."""
    found = np.zeros(SHAPE, np.float32)
    for point, grade in zip(CENTROIDS, GRADES, strict=True):
        z, y, x = np.rint(world_to_index(AFFINE, point)[0]).astype(int)
        if grade in grades:
            found[z - 8 : z + 9, y - 8 : y + 9, x - 8 : x + 9] = value
    return found


def write_case(folder: Path, case_id: str, fracture: float = 0.9, normal: float | None = None) -> Case:
    path = folder / f"{case_id}_fracture.nii.gz"
    write_probability_map(path, probability((1, 2, 3), fracture), AFFINE)
    if normal is not None:
        write_probability_map(folder / f"{case_id}_normal.nii.gz", probability((0,), normal), AFFINE)
    return Case(CaseMap(case_id, path), case_id, rows_of(case_id))


def mirrored(cohort: EvaluationCohort, signs: Sequence[int] = (-1, -1, 1)) -> EvaluationCohort:
    cases = (replace(case, vertebrae=rows_of(case.source.case_id, signs)) for case in cohort.cases)
    return replace(cohort, cases=tuple(cases))


def check_maps(cohort: EvaluationCohort, seen_in_cts: bool = False) -> list[str]:
    """Read the maps of a cohort, and check that they show its vertebrae."""
    whole = not without_normal_map(cohort.cases)
    maps = [read_map(case) for case in cohort.cases]
    normals = [read_normal_map(*pair) if whole else None for pair in zip(cohort.cases, maps, strict=True)]
    fits = [fit_in_map(*of_case) for of_case in zip(cohort.cases, maps, normals, strict=True)]
    return check_map_fits(cohort.cases, fits, whole, TABLE, seen_in_cts)


def test_right_places_in_the_maps(tmp_path: Path) -> None:
    assert check_maps(EvaluationCohort((write_case(tmp_path, "a"),), ())) == []


@pytest.mark.parametrize(
    ("normal", "found"), [(None, "at the 3 fractures is 0.00, but 0.90"), (0.6, "at the 5 vertebrae is 0.00, but 0.78")]
)
def test_a_mirrored_table_is_refused_by_the_maps(tmp_path: Path, normal: float | None, found: str) -> None:
    cohort = EvaluationCohort((write_case(tmp_path, "a", normal=normal),), ())
    with pytest.raises(InputError) as caught:
        check_maps(mirrored(cohort))
    (problem,) = caught.value.problems
    assert found in problem
    assert "at the same centroids as x and y with the opposite sign (RAS)" in problem


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1)])
def test_maps_that_show_nothing_cannot_judge(tmp_path: Path, signs: Sequence[int]) -> None:
    cohort = EvaluationCohort((write_case(tmp_path, "a", fracture=0.05),), ())
    (sentence,) = check_maps(mirrored(cohort, signs))
    assert "could not be checked" in sentence
    assert "--images" in sentence


def test_the_ct_judges_where_it_is_given(tmp_path: Path) -> None:
    cohort = EvaluationCohort((write_case(tmp_path, "a", fracture=0.0),), ())
    image = nibabel.Nifti1Image(draw().T, RAS_TO_LPS @ AFFINE)
    nibabel.save(image, tmp_path / f"a{CT_SUFFIX}")
    images = open_images(cohort, tmp_path, CT_SUFFIX)
    assert check_cts(cohort, TABLE, images) == []
    with pytest.raises(InputError) as caught:
        check_cts(mirrored(cohort), TABLE, images)
    (problem,) = caught.value.problems
    assert problem.startswith("vertebrae.csv: 0 of 5 centroids in 1 case (a) lie in a vertebral body")
    assert "but 5 as x and y with the opposite sign (RAS); expected" in problem


def write_images(cohort: EvaluationCohort, folder: Path) -> list[Path]:
    """The CT of each case."""
    paths = [folder / f"{case.source.case_id}{CT_SUFFIX}" for case in cohort.cases]
    for path in paths:
        nibabel.save(nibabel.Nifti1Image(draw().T, RAS_TO_LPS @ AFFINE), path)
    return paths


def test_cts_must_be_complete_and_in_hounsfield_units(tmp_path: Path) -> None:
    cohort = EvaluationCohort(tuple(write_case(tmp_path, case_id) for case_id in "abcd"), ())
    windowed, damaged, broken, _ = write_images(cohort, tmp_path)
    assert check_cts(cohort, TABLE, open_images(cohort, tmp_path, CT_SUFFIX)) == []
    image: Any = nibabel.load(windowed)
    voxels = image.get_fdata()
    nibabel.save(nibabel.Nifti1Image(np.clip(voxels, 0, 255).astype(np.uint8), image.affine), windowed)
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    voxels[3, 4, 5] = np.nan
    nibabel.save(nibabel.Nifti1Image(voxels.astype(np.float32), image.affine), broken)
    with pytest.raises(InputError) as caught:
        # The table is wrong as well, which the last CT shows.
        check_cts(mirrored(cohort), TABLE, open_images(cohort, tmp_path, CT_SUFFIX))
    one, two, three, four = caught.value.problems
    assert one.startswith(f"{windowed}: darkest voxel is 0, brightest 255")
    assert two.startswith(f"{damaged}: truncated or damaged")
    assert three.startswith(f"{broken}: 1 of {voxels.size} voxels are NaN or infinite; expected finite HU")
    assert four.startswith("vertebrae.csv: 0 of 5 centroids in 1 case (d) lie in a vertebral body")


def test_each_ct_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cohort = EvaluationCohort(tuple(write_case(tmp_path, case_id) for case_id in "ab"), ())
    write_images(cohort, tmp_path)
    images = open_images(cohort, tmp_path, CT_SUFFIX)
    read: list[Path] = []
    original = NiftiFile.read

    def reading(image: NiftiFile) -> FloatArray:
        read.append(image.path)
        return original(image)

    monkeypatch.setattr(NiftiFile, "read", reading)
    check_cts(cohort, TABLE, images)
    assert read == [image.path for image in images.values()]


def test_maps_in_another_space_than_the_cts(tmp_path: Path) -> None:
    cohort = mirrored(EvaluationCohort((write_case(tmp_path, "a"),), ()))
    with pytest.raises(InputError, match=r"\(RAS\); expected maps of the same space as the CTs"):
        check_maps(cohort, seen_in_cts=True)
    nothing = EvaluationCohort((write_case(tmp_path, "b", fracture=0.05),), ())
    assert check_maps(nothing, seen_in_cts=True) == []


def test_the_map_of_another_case(tmp_path: Path) -> None:
    """Its vertebrae lie elsewhere."""
    cases = [write_case(tmp_path, case_id, normal=0.6) for case_id in "abc"]
    elsewhere = tuple(replace(row, z=row.z + 1000) for row in rows_of("b"))
    assert check_maps(EvaluationCohort(tuple(cases), ())) == []
    (doubt,) = check_maps(EvaluationCohort((cases[0], replace(cases[1], vertebrae=elsewhere), cases[2]), ()))
    assert doubt.startswith(f"{cases[1].source.path} shows a vertebra at 0% of 5 centroids, but most maps at more")


def test_a_map_that_extends_beyond_its_ct(tmp_path: Path) -> None:
    cohort = EvaluationCohort((write_case(tmp_path, "a"),), ())
    write_images(cohort, tmp_path)
    moved = AFFINE.copy()
    moved[2, 3] += 7
    write_probability_map(tmp_path / "a_fracture.nii.gz", probability((1, 2, 3), 0.9), moved)
    (doubt,) = check_cts(cohort, TABLE, open_images(cohort, tmp_path, CT_SUFFIX))
    assert doubt.startswith(f"{tmp_path / 'a_fracture.nii.gz'} extends 7 mm beyond a_0000.nii.gz. Check")


def test_a_map_of_fractures_that_is_flipped(tmp_path: Path) -> None:
    cohort = EvaluationCohort(tuple(write_case(tmp_path, case_id, normal=0.6) for case_id in "abc"), ())
    path = cohort.cases[2].source.path
    write_probability_map(path, probability((1, 2, 3), 0.9)[:, :, ::-1], AFFINE)
    (doubt,) = check_maps(cohort)
    assert doubt.startswith(f"{path} shows no vertebra at any of 3 fractures, neither a fractured nor a normal one.")
