from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.volume import Volume, to_canonical, write_volume
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import axis_codes
from tests.dataset_conversion.scans import outside_circle, scan

Save = Callable[..., Path]


def padded(value: float) -> Volume:
    return replace(scan(), array=np.where(outside_circle(), value, scan().array).astype(np.int16))


@pytest.mark.parametrize("padding", [-2000, -2048, -3024])
def test_padding_does_not_change_a_ct(tmp_path: Path, padding: int) -> None:
    expected = padded(-1024).array
    write_volume(tmp_path / "a.nii.gz", padded(padding), np.int16)
    ct = read_ct(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(ct.array, expected)
    (warning,) = ct.warnings
    assert warning.startswith(f"{tmp_path / 'a.nii.gz'}: {int(outside_circle().sum())} voxels")
    assert "set to -1024 HU (air)" in warning


def test_a_scan_without_values_below_air_is_unchanged(tmp_path: Path) -> None:
    write_volume(tmp_path / "a.nii.gz", scan(), np.int16)
    ct = read_ct(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(ct.array, scan().array)
    assert ct.array.dtype == np.int16
    assert ct.warnings == ()


def test_values_that_are_not_hounsfield_units_name_the_file(tmp_path: Path) -> None:
    windowed = replace(scan(), array=np.clip((scan().array + 160) / 400 * 255, 0, 255))
    write_volume(tmp_path / "a.nii.gz", windowed, np.uint8)
    with pytest.raises(InputError, match=r"a\.nii\.gz: darkest voxel is 0, brightest 255; expected fat or air"):
        read_ct(tmp_path / "a.nii.gz")


def test_axes_become_canonical(tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(scan().array)
    turned = SimpleITK.Flip(SimpleITK.PermuteAxes(image, [2, 0, 1]), [True, False, True])
    SimpleITK.WriteImage(turned, tmp_path / "turned.mha")
    SimpleITK.WriteImage(image, tmp_path / "straight.mha")
    found, expected = (read_ct(tmp_path / name) for name in ("turned.mha", "straight.mha"))
    np.testing.assert_array_equal(found.array, expected.array)
    assert axis_codes(found.affine) == ("L", "P", "S")


@pytest.mark.parametrize("factor", [0.001, 0.1, 10.0, 1000.0])
def test_other_units_of_length_are_refused(tmp_path: Path, save: Save, factor: float) -> None:
    """Metres, centimetres, tenths of millimetres and micrometres, with a header that does not say so."""
    affine = scan().affine.copy()
    affine[:3] *= factor
    with pytest.raises(InputError, match="millimetres"):
        read_ct(save(tmp_path / "a.nii.gz", scan().array.T, affine))


def test_one_slice_is_no_volume(tmp_path: Path, save: Save) -> None:
    with pytest.raises(InputError, match="expected a volume of at least 40 mm"):
        read_ct(save(tmp_path / "a.nii.gz", scan().array[:1].T, scan().affine))


def test_an_identity_matrix_is_a_warning(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(scan().array.T, np.eye(4)), tmp_path / "a.nii.gz")
    (warning,) = read_ct(tmp_path / "a.nii.gz").warnings
    assert "the affine is an identity matrix" in warning


def test_warnings_of_the_header_are_kept(tmp_path: Path, save: Save) -> None:
    affine = scan().affine.copy()
    affine[0, 1] = 0.005
    (warning,) = read_ct(save(tmp_path / "a.nii.gz", scan().array.T, affine)).warnings
    assert "straightened to right angles" in warning
    np.testing.assert_array_equal(to_canonical(scan()).array, scan().array)
