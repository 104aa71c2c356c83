from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.checks.voxels import check_image, check_images, content_of
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.bone.hounsfield import HounsfieldRange
from tests.dataset_conversion.conftest import numbered

Save = Callable[..., Path]
LIMITS = HounsfieldRange()


@pytest.fixture
def images(tmp_path: Path, volume: Volume, save: Save) -> dict[str, Path]:
    """Cases "a" and "b" with the same voxels, "c" with others."""
    numbers = {"a": 0, "b": 0, "c": 1}
    return {
        case_id: save(tmp_path / f"{case_id}.nii.gz", numbered(volume, number).T, volume.affine)
        for case_id, number in numbers.items()
    }


def test_the_same_voxels_under_two_patients_are_an_error(images: dict[str, Path]) -> None:
    (found,) = check_images(images, {"a": "p", "b": "q", "c": "p"}, LIMITS, 1)
    assert found.severity == "error"
    assert found.message == (
        f"{images['b']}: the same voxels as {images['a']}, of patients q and p; expected each CT once"
    )


def test_the_same_voxels_of_one_patient_are_a_warning(images: dict[str, Path]) -> None:
    (found,) = check_images(images, {"a": "p", "b": "p", "c": "q"}, LIMITS, 1)
    assert (found.severity, found.message) == (
        "warning",
        f"{images['b']}: the same voxels as {images['a']}, both of patient p",
    )


def test_a_case_of_unknown_patient_is_a_patient_of_its_own(images: dict[str, Path]) -> None:
    (found,) = check_images(images, {}, LIMITS, 1)
    assert "of patients b and a" in found.message


def test_two_processes_find_the_same(images: dict[str, Path]) -> None:
    images["b"].write_bytes(b"junk")
    one, two = (check_images(images, {}, LIMITS, processes) for processes in (1, 2))
    assert one == two
    assert [problem.message.split(":")[0] for problem in one] == [str(images["b"])]


def test_values_that_are_not_hounsfield_units(images: dict[str, Path]) -> None:
    check = check_image(images["a"], HounsfieldRange(least_maximum=5000.0))
    assert check.problems == (f"{images['a']}: brightest voxel is 599, darkest -200; expected bone of 5000 HU or more",)


@given(st.permutations(range(3)), st.tuples(*[st.sampled_from([1, -1])] * 3))
def test_a_reoriented_copy_has_the_same_content(axes: list[int], flips: tuple[int, int, int]) -> None:
    original = Volume(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([1.0, 2.0, 3.0, 1.0]))
    turn = np.column_stack([axes, flips])
    turned = Volume(
        nib.orientations.apply_orientation(original.array.T, turn).T,
        original.affine @ nib.orientations.inv_ornt_aff(turn, original.array.T.shape),
    )
    assert content_of(turned) == content_of(original)


def test_content_depends_on_voxels_and_shape() -> None:
    affine = np.eye(4)
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    arrays: list[npt.NDArray[Any]] = [array, array + 1, array.reshape(4, 3, 2), array.astype(np.float32)]
    assert len({content_of(Volume(voxels, affine)) for voxels in arrays}) == 4


def test_a_mask_is_no_ct(tmp_path: Path, volume: Volume, save: Save) -> None:
    path = save(tmp_path / "a.nii.gz", (volume.array.T > 0).astype(np.uint8))
    (problem,) = check_image(path, LIMITS).problems
    assert problem == f"{path}: values from 0 to 1, a mask or a map of probabilities; expected a CT in HU"
