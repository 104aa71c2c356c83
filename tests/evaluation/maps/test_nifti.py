import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.maps.nifti import open_nifti


def save(path: Path, voxels: np.ndarray) -> Path:
    nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), path)
    return path


def test_arrays_are_zyx_in_lps(tmp_path: Path) -> None:
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    nifti = open_nifti(save(tmp_path / "a.nii.gz", voxels[..., None]))
    assert nifti.shape == (4, 3, 2)
    assert nifti.read()[3, 2, 1] == voxels[1, 2, 3]
    np.testing.assert_array_equal(nifti.affine, np.diag([-1, -1, 1, 1]))


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4, 2)])
def test_other_than_three_axes_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = save(tmp_path / "a.nii.gz", np.zeros(shape, dtype=np.int16))
    with pytest.raises(InputError, match="expected a volume with three axes"):
        open_nifti(path)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_truncated_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a{suffix}", np.random.default_rng(0).random((20, 20, 20)))
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(InputError, match=f"a{suffix}: truncated or damaged"):
        open_nifti(path).read()


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.nii.gz").write_text("not an image")
    for name in ("missing.nii.gz", "text.nii.gz"):
        with pytest.raises(InputError, match=f"{name}: cannot be read"):
            open_nifti(tmp_path / name)


def test_singular_affine_is_refused(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), dtype=np.int16), None)
    image.set_sform(np.diag([1.0, 0.0, 1.0, 1.0]), code=1)
    nibabel.save(image, tmp_path / "a.nii")
    with pytest.raises(InputError, match="invertible"):
        open_nifti(tmp_path / "a.nii")


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, ">i2"])
@pytest.mark.parametrize("scaling", [(1.0, 0.0), (1 / 65535, 0.0), (2.0, -1024.0)])
def test_voxels_are_nibabels(tmp_path: Path, dtype: str, scaling: tuple[float, float]) -> None:
    stored = np.random.default_rng(0).integers(0, 200, (5, 6, 7)).astype(dtype)
    header = nibabel.Nifti1Header(endianness=">" if dtype == ">i2" else "<")
    image: Any = nibabel.Nifti1Image(stored, np.eye(4), header)
    image.set_data_dtype(np.dtype(dtype))
    image.header.set_slope_inter(*scaling)
    nibabel.save(image, tmp_path / "a.nii.gz")
    loaded: Any = nibabel.load(tmp_path / "a.nii.gz")
    opened = open_nifti(tmp_path / "a.nii.gz")
    for found, expected in (
        (opened.read(), loaded.get_fdata(dtype=np.float32)),
        (opened.read_stored(), loaded.dataobj.get_unscaled()),
    ):
        np.testing.assert_array_equal(found, expected.T)
        assert found.dtype == expected.dtype
        assert found.flags.c_contiguous


def without_last_byte(content: bytes) -> bytes:
    return content[:-1]


def with_another_checksum(content: bytes) -> bytes:
    return content[:-6] + bytes([content[-6] ^ 1]) + content[-5:]


def with_another_length(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def with_another_byte(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def followed_by_text(content: bytes) -> bytes:
    return content + b"more"


@pytest.mark.parametrize("behind", [0, 3_000_000])
@pytest.mark.parametrize(
    "damage", [without_last_byte, with_another_checksum, with_another_length, with_another_byte, followed_by_text]
)
def test_damage_is_found(tmp_path: Path, damage: Callable[[bytes], bytes], behind: int) -> None:
    """The checksum lies behind the voxels, and more bytes can lie between them, which nibabel does not read."""
    path = save(tmp_path / "a.nii.gz", np.random.default_rng(0).random((20, 20, 20)))
    plain = gzip.decompress(path.read_bytes()) + np.random.default_rng(1).bytes(behind)
    path.write_bytes(damage(gzip.compress(plain, compresslevel=1)))
    with pytest.raises(InputError, match=r"a\.nii\.gz: truncated or damaged"):
        open_nifti(path).read()


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.nii.gz", np.random.default_rng(0).random((20, 20, 20)))
    plain = gzip.decompress(whole.read_bytes())
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(plain[:5000]) + gzip.compress(plain[5000:]) + bytes(5))
    np.testing.assert_array_equal(open_nifti(tmp_path / "b.nii.gz").read(), open_nifti(whole).read())
