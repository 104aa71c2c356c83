import gzip
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_conversion.images import nifti
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import read_volume
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import to_lps

Save = Callable[..., Path]
ARRAY = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_image_header(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    assert "\n" not in problem
    assert "expected" in problem
    return problem


def test_header_has_shape_and_affine_in_lps(tmp_path: Path, save: Save) -> None:
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    header = read_image_header(save(tmp_path / "a.nii.gz", ARRAY, affine))
    assert header.shape == (5, 4, 3)
    np.testing.assert_allclose(header.affine, affine)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5, 2), (3, 4, 5, 1, 3)])
def test_only_three_dimensions(tmp_path: Path, save: Save, shape: tuple[int, ...]) -> None:
    assert f"{len(shape)}-D image of shape {shape}" in refusal(save(tmp_path / "a.nii.gz", np.zeros(shape, np.int16)))


def test_a_trailing_single_volume_is_fine(tmp_path: Path, save: Save) -> None:
    assert read_image_header(save(tmp_path / "a.nii.gz", ARRAY[..., np.newaxis])).shape == (5, 4, 3)


def test_no_voxels(tmp_path: Path, save: Save) -> None:
    assert "no voxels" in refusal(save(tmp_path / "a.nii.gz", np.zeros((3, 0, 5), np.int16)))


def test_colours_are_no_ct(tmp_path: Path, save: Save) -> None:
    colours = np.zeros((3, 4, 5), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert "expected numbers" in refusal(save(tmp_path / "a.nii.gz", colours))


def test_sheared_axes(tmp_path: Path, save: Save) -> None:
    affine = np.eye(4)
    affine[1, 2] = 0.2
    assert "sheared axes" in refusal(save(tmp_path / "a.nii.gz", ARRAY, affine))


def test_oblique_axes_are_fine(tmp_path: Path, save: Save) -> None:
    affine = np.eye(4)
    affine[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    assert read_image_header(save(tmp_path / "a.nii.gz", ARRAY, affine)).shape == (5, 4, 3)


def test_an_unusable_affine_is_refused(tmp_path: Path) -> None:
    content = bytearray(nib.Nifti1Image(ARRAY, np.eye(4)).to_bytes())
    first_of_srow_x = slice(280, 284)
    content[first_of_srow_x] = np.float32(np.nan).tobytes()
    path = tmp_path / "a.nii"
    path.write_bytes(content)
    assert "affine" in refusal(path)


def test_an_unknown_orientation(tmp_path: Path) -> None:
    image = nib.Nifti1Image(ARRAY, None)
    path = tmp_path / "a.nii.gz"
    nib.save(image, path)
    assert "left from right" in refusal(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_junk_and_absent_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert "cannot be read" in refusal(path)
    path.write_bytes(b"no image at all" * 100)
    assert "cannot be read" in refusal(path)


def test_second_nifti_version(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    nib.save(nib.Nifti2Image(ARRAY, np.eye(4)), path)
    assert nifti.read(path)[1].shape == (5, 4, 3)
    np.testing.assert_array_equal(read_volume(path).array, ARRAY.T)


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_truncated_file_is_never_accepted(tmp_path: Path, save: Save, name: str, data: st.DataObject) -> None:
    whole = save(tmp_path / name, ARRAY).read_bytes()
    path = tmp_path / f"cut_{name}"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(InputError, match="expected"):
        read_volume(path)


@given(data=st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_damaged_file_never_crashes(tmp_path: Path, save: Save, name: str, data: st.DataObject) -> None:
    content = bytearray(save(tmp_path / name, ARRAY).read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] = data.draw(st.integers(0, 255))
    path = tmp_path / f"damaged_{name}"
    path.write_bytes(content)
    for read in (read_image_header, read_volume):
        with suppress(InputError):
            read(path)


def test_a_flipped_voxel_in_a_gzip_stream_is_noticed(tmp_path: Path, save: Save) -> None:
    path = save(tmp_path / "a.nii.gz", ARRAY)
    plain = bytearray(gzip.decompress(path.read_bytes()))
    stored = bytearray(gzip.compress(bytes(plain), compresslevel=0))
    stored[-20] ^= 1
    path.write_bytes(stored)
    with pytest.raises(InputError, match="CRC"):
        read_volume(path)


def save_with(path: Path, unit: str = "mm", sform: np.ndarray | None = None, qform: np.ndarray | None = None) -> Path:
    image = nib.Nifti1Image(np.zeros((30, 40, 50), np.int16) + np.arange(50, dtype=np.int16), np.eye(4))
    image.header.set_xyzt_units(unit)
    image.set_sform(sform, 0 if sform is None else 1)
    if sform is not None:
        image.header.set_zooms(np.linalg.norm(sform[:3, :3], axis=0))
    image.set_qform(qform, 0 if qform is None else 1)
    nib.save(image, path)
    return path


GEOMETRY = np.array([[-0.8, 0, 0, 12], [0, -0.9, 0, -7], [0, 0, 1.5, -300], [0, 0, 0, 1.0]])


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1.0), ("meter", 1e-3), ("micron", 1e3), ("unknown", 1.0)])
@pytest.mark.parametrize("form", ["sform", "qform"])
def test_units_are_honoured(tmp_path: Path, unit: str, factor: float, form: str) -> None:
    affine = np.diag([factor, factor, factor, 1.0]) @ GEOMETRY
    header = read_image_header(save_with(tmp_path / "a.nii.gz", unit, **{form: affine}))
    np.testing.assert_allclose(header.affine, to_lps(GEOMETRY), rtol=1e-5)
    said = () if factor == 1 else (f"{tmp_path / 'a.nii.gz'}: the unit is {unit}; converted to mm",)
    assert header.warnings == said


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_a_unit_that_is_not_said_is_refused(tmp_path: Path, factor: float) -> None:
    affine = np.diag([factor, factor, factor, 1.0]) @ GEOMETRY
    assert "is it in millimetres?" in refusal(save_with(tmp_path / "a.nii.gz", "mm", sform=affine))


def test_matrices_that_agree(tmp_path: Path) -> None:
    assert read_image_header(save_with(tmp_path / "a.nii.gz", sform=GEOMETRY, qform=GEOMETRY)).warnings == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (np.diag([-1.0, 1, 1, 1]), r"sform and qform (axes LPS and RPS) differ by up to 24.0 mm"),
        (
            np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 50], [0, 0, 0, 1.0]]),
            "(axes LPS and LPS) differ by up to 50.0 mm",
        ),
    ],
)
def test_contradicting_matrices_are_named(tmp_path: Path, change: np.ndarray, words: str) -> None:
    header = read_image_header(save_with(tmp_path / "a.nii.gz", sform=GEOMETRY, qform=change @ GEOMETRY))
    np.testing.assert_allclose(header.affine, to_lps(GEOMETRY), rtol=1e-5)
    (warning,) = header.warnings
    assert words in warning
    assert "the sform is used" in warning


def test_voxel_sizes_that_contradict_the_matrix_are_named(tmp_path: Path) -> None:
    path = save_with(tmp_path / "a.nii", sform=GEOMETRY)
    content = bytearray(path.read_bytes())
    pixdim = slice(80, 92)
    content[pixdim] = np.array([0.5, 0.5, 2.0], dtype=np.float32).tobytes()
    path.write_bytes(content)
    (warning,) = read_image_header(path).warnings
    assert "spacings of 0.8 x 0.9 x 1.5 and 0.5 x 0.5 x 2 mm" in warning


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_size_in_the_header_that_is_too_small(tmp_path: Path, save: Save, name: str) -> None:
    """Rows would be read as if they were shorter."""
    path = save(tmp_path / name, ARRAY)
    read, write = (gzip.decompress, gzip.compress) if name.endswith("gz") else (bytes, bytes)
    content = bytearray(read(path.read_bytes()))
    content[42:44] = np.int16(2).tobytes()
    path.write_bytes(write(bytes(content)))
    with pytest.raises(InputError, match="120 bytes of voxels; expected 80") as caught:
        read_volume(path)
    assert str(caught.value).count(str(path)) == 1


def test_an_impossible_size_is_refused_before_voxels_are_read(tmp_path: Path, save: Save) -> None:
    path = save(tmp_path / "a.nii", ARRAY)
    content = bytearray(path.read_bytes())
    content[42:48] = np.array([20000, 20000, 20000], np.int16).tobytes()
    path.write_bytes(content)
    assert "20000 x 20000 x 20000 voxels" in refusal(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("value", [0.0, -0.8])
def test_voxel_sizes_that_are_missing_are_refused(tmp_path: Path, name: str, value: float) -> None:
    path = save_with(tmp_path / name, qform=GEOMETRY)
    read, write = (gzip.decompress, gzip.compress) if name.endswith("gz") else (bytes, bytes)
    content = bytearray(read(path.read_bytes()))
    first_pixdim = slice(80, 84)
    content[first_pixdim] = np.float32(value).tobytes()
    path.write_bytes(write(bytes(content)))
    assert "expected the distances of voxels in mm" in refusal(path)
