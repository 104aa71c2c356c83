from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.spine.bone.hounsfield import AIR, HounsfieldRange, check_hounsfield, set_air
from tests.dataset_conversion.scans import outside_circle, scan

Array = npt.NDArray[np.float64]


def crop(voxels: Array) -> Array:
    """A crop inside the body, without air."""
    return voxels[10:30, 22:46, 24:46]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 3], ["brightest"]),
        ([0, 1500], ["darkest"]),
        ([24, 1500], ["darkest"]),
        ([-1000, 1e30], ["values from"]),
        ([-32768, 50], ["values from", "brightest"]),
    ],
)
def test_ranges_that_are_not_hounsfield_units(values: list[float], words: list[str]) -> None:
    problems = check_hounsfield(np.array(values).reshape(2, 1, 1))
    assert [problem.startswith(word) for problem, word in zip(problems, words, strict=True)] == [True] * len(words)


def test_a_scan_and_a_crop_inside_the_body_are_fine() -> None:
    voxels = scan().array
    assert check_hounsfield(voxels) == []
    assert check_hounsfield(voxels.astype(np.float32) + 0.25) == []
    assert check_hounsfield(crop(voxels)) == []


@pytest.mark.parametrize("padding", [-1024, -2000, -2048, -3024])
def test_a_padded_scan_is_fine(padding: int) -> None:
    assert check_hounsfield(np.where(outside_circle(), padding, scan().array)) == []


CHANGES: dict[str, tuple[Callable[[Array], Array], str]] = {
    "window 0..255": (lambda hu: np.clip((hu + 160) / 400 * 255, 0, 255).round(), "window"),
    "window -128..127": (lambda hu: np.clip((hu + 160) / 400 * 255 - 128, -128, 127).round(), "window"),
    "soft tissue window": (lambda hu: np.clip(hu, -160, 240), "window"),
    "lung window": (lambda hu: np.clip(hu, -1350, 150), "window"),
    "HU + 1000": (lambda hu: hu + 1000, "offset"),
    "HU + 1024, cut off at 0": (lambda hu: np.maximum(hu + 1024, 0), "offset"),
    "HU + 1024, padded": (lambda hu: np.where(outside_circle(hu.shape), -1024, hu + 1024), "offset"),
    "HU - 1024": (lambda hu: hu - 1024, "expected"),
    "inverted": (lambda hu: -hu, "inverted"),
    "inverted about -1024": (lambda hu: -1024 - hu, "expected"),
    "thousandths": (lambda hu: hu / 1000, "expected bone"),
    "tenths": (lambda hu: hu / 10, "expected"),
    "tenfold": (lambda hu: hu * 10, "expected HU within"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("cut", [lambda hu: hu, crop], ids=["whole", "crop"])
def test_changed_values_are_refused_with_what_was_found(name: str, cut: Callable[[Array], Array]) -> None:
    change, word = CHANGES[name]
    voxels = change(cut(scan().array.astype(np.float64)))
    problems = check_hounsfield(voxels)
    assert problems
    assert all("expected" in problem for problem in problems)
    assert all(f"{end:g}" in problems[0] for end in (voxels.min(), voxels.max()))
    if cut is not crop:
        assert word in problems[0]


def test_doubled_values_have_no_air() -> None:
    assert "wrong rescaling" in check_hounsfield(scan().array.astype(np.int32) * 2)[0]


@pytest.mark.parametrize("value", [0, 30000])
def test_constant_parts_that_are_not_air(value: int) -> None:
    """A slice whose second half was not copied, and padding that no tag declares."""
    voxels = scan().array.astype(np.int32)
    voxels[20, 30:] = value
    (problem,) = check_hounsfield(voxels)
    assert f"50% of slice 21 at exactly {value}; expected noise" in problem


def test_a_block_of_air_is_fine() -> None:
    voxels = scan().array.copy()
    voxels[20, 30:] = -1000
    assert check_hounsfield(voxels) == []


def test_limits_can_be_set() -> None:
    voxels = np.clip(scan().array, 1, 255)
    lenient = HounsfieldRange(greatest_minimum=2.0, most_cut_off=1.0, most_equal=1.0)
    assert check_hounsfield(voxels, lenient) == []


def test_voxels_below_air_become_air_and_are_counted() -> None:
    padded = np.where(outside_circle(), -3024, scan().array).astype(np.int16)
    array, changed = set_air(padded)
    np.testing.assert_array_equal(array, np.where(outside_circle(), AIR, scan().array))
    assert array.dtype == np.int16
    count = int(outside_circle().sum())
    assert changed == f"{count} voxels (24 %) below -1024 HU, down to -3024, set to -1024 HU (air)"


def test_air_is_set_in_place_where_the_array_can_be_written_to() -> None:
    padded = np.where(outside_circle(), -3024, scan().array).astype(np.int16)
    locked = padded.copy()
    locked.flags.writeable = False
    copied, _ = set_air(locked, in_place=True)
    assert locked.min() == -3024
    array, _ = set_air(padded, in_place=True)
    assert array is padded
    np.testing.assert_array_equal(array, copied)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_voxels_from_air_on_stay_the_same_array(dtype: type[np.generic]) -> None:
    voxels = scan().array.astype(dtype)
    array, changed = set_air(voxels)
    assert array is voxels
    assert changed is None
