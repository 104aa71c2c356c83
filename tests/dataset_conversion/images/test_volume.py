import tracemalloc
from collections.abc import Callable
from itertools import permutations, product
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.images.volume import (
    Volume,
    lossless_dtype,
    read_volume,
    to_canonical,
    write_volume,
)
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import axis_codes, to_lps

Save = Callable[..., Path]
ALL_CODES = [
    "".join(pair[side] for pair, side in zip(pairs, sides, strict=True))
    for pairs in permutations(("RL", "AP", "IS"))
    for sides in product((0, 1), repeat=3)
]


def stored_along(codes: str, tilt: float) -> Volume:
    """A volume whose stored axes run along `codes`, tilted by an angle in radians."""
    array = np.random.default_rng(3).integers(-1000, 1000, (4, 5, 6)).astype(np.int16)
    ras = nib.orientations.inv_ornt_aff(nib.orientations.axcodes2ornt(codes), (6, 5, 4)) @ np.diag([0.8, 1.2, 2.0, 1.0])
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    return Volume(array, to_lps(turn @ ras))


@pytest.mark.parametrize("codes", ALL_CODES)
@pytest.mark.parametrize("tilt", [0.0, 0.3])
def test_canonical_axes_move_no_voxel(codes: str, tilt: float) -> None:
    stored = stored_along(codes, tilt)
    canonical = to_canonical(stored)
    assert axis_codes(canonical.affine) == ("L", "P", "S")
    assert canonical.array.flags.c_contiguous
    indices = np.argwhere(np.ones(stored.array.shape))
    moved = np.rint(canonical.world_to_index(stored.index_to_world(indices))).astype(int)
    np.testing.assert_allclose(canonical.index_to_world(moved), stored.index_to_world(indices), atol=1e-6)
    np.testing.assert_array_equal(canonical.array[tuple(moved.T)], stored.array[tuple(indices.T)])


def test_canonical_axes_stay_as_they_are() -> None:
    once = to_canonical(stored_along("PIR", 0.1))
    np.testing.assert_array_equal(to_canonical(once).array, once.array)
    np.testing.assert_array_equal(to_canonical(once).affine, once.affine)


@given(st.integers(-3024, 32767), st.integers(-3024, 32767))
def test_hounsfield_units_come_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, first: int, second: int
) -> None:
    array = np.full((2, 3, 4), first, dtype=np.int16)
    array[0, 0, 0] = second if second != first else first - 1
    path = tmp_path_factory.mktemp("volume") / "a.nii.gz"
    write_volume(path, Volume(array, np.diag([0.7, 0.8, 1.3, 1.0])), np.int16)
    read = read_volume(path)
    assert read.array.dtype == np.int16
    np.testing.assert_array_equal(read.array, array)
    np.testing.assert_allclose(read.affine, np.diag([0.7, 0.8, 1.3, 1.0]), rtol=1e-6)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.nii.gz"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1.0, -1024.0]), np.int16),
        (np.array([1.5, 2.0]), np.float32),
        (np.array([0, 40000], dtype=np.int32), np.float32),
        (np.array([0, 200], dtype=np.uint8), np.int16),
    ],
)
def test_smallest_lossless_type(values: np.ndarray, dtype: type) -> None:
    assert lossless_dtype(values) == dtype


def save_rescaled(path: Path, stored: np.ndarray, slope: float, inter: float) -> Path:
    """A NIfTI file whose header rescales the array (x, y, z)."""
    # nibabel drops the scaling of integer arrays when it writes, so the two header fields are set in the bytes.
    content = bytearray(nib.Nifti1Image(stored, np.eye(4)).to_bytes())
    content[112:120] = np.array([slope, inter], dtype=np.float32).tobytes()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 1)])
def test_rescaled_integers_are_hounsfield_units(tmp_path: Path, shape: tuple[int, ...]) -> None:
    stored = np.arange(24, dtype=np.uint16).reshape(shape)
    read = read_volume(save_rescaled(tmp_path / "a.nii", stored, 1, -1024))
    assert read.array.dtype == np.int16
    np.testing.assert_array_equal(read.array, stored.reshape(2, 3, 4).T.astype(int) - 1024)


@given(
    slope=st.floats(2**-10, 2**10, width=32),
    inter=st.floats(-4096, 4096, width=32),
    dtype=st.sampled_from([np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64]),
)
def test_rescaled_voxels_are_rounded_once(
    tmp_path_factory: pytest.TempPathFactory, slope: float, inter: float, dtype: type[np.number[Any]]
) -> None:
    stored = np.random.default_rng(0).integers(0, 255, (2, 3, 4)).astype(dtype)
    read = read_volume(save_rescaled(tmp_path_factory.mktemp("volume") / "a.nii", stored, slope, inter))
    np.testing.assert_array_equal(read.array, (stored.T * np.float64(slope) + inter).astype(np.float32))


@pytest.mark.parametrize(("dtype", "bytes_per_voxel"), [(np.uint16, 8), (np.float32, 8), (np.float64, 12)])
def test_reading_takes_less_than_a_copy_in_float64(
    tmp_path: Path, dtype: type[np.number[Any]], bytes_per_voxel: int
) -> None:
    """The file's content and the voxels in float32; with the voxels in int16 after it, without the content."""
    stored = np.random.default_rng(0).integers(0, 4000, (100, 100, 100)).astype(dtype)
    path = save_rescaled(tmp_path / "a.nii", stored, 1, -1024)
    tracemalloc.start()
    read_volume(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.05 * bytes_per_voxel * stored.size


def test_array_is_z_y_x(tmp_path: Path, save: Save) -> None:
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    np.testing.assert_array_equal(read_volume(save(tmp_path / "a.nii.gz", array)).array, array.T)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_must_be_finite(tmp_path: Path, save: Save, value: float) -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    array[1, 1, 1] = value
    with pytest.raises(InputError, match="1 of 24 voxels are NaN or infinite; expected finite HU"):
        read_volume(save(tmp_path / "a.nii.gz", array))


def test_a_constant_image_is_refused(tmp_path: Path, save: Save) -> None:
    with pytest.raises(InputError, match="all voxels are 7; expected"):
        read_volume(save(tmp_path / "a.nii.gz", np.full((2, 3, 4), 7, dtype=np.int16)))
