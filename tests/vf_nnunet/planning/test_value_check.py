"""Values of datasets that were not converted."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.dataset_conversion.scans import outside_circle, scan
from vf_nnunet.planning.value_check import CONVERSION_REPORT, value_warnings


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A dataset with a good, a padded and a windowed CT, a file that is no image, and a second channel."""
    (tmp_path / "imagesTr").mkdir()
    voxels = scan().array
    arrays = {
        "good_0000": voxels,
        "good_0001": np.zeros_like(voxels),
        "padded_0000": np.where(outside_circle(), -2048, voxels).astype(np.int16),
        "windowed_0000": np.clip(voxels, 0, 255),
    }
    for name, array in arrays.items():
        nibabel.save(nibabel.Nifti1Image(array.T, np.eye(4)), tmp_path / "imagesTr" / f"{name}.nii.gz")
    (tmp_path / "imagesTr" / "broken_0000.nii.gz").write_bytes(b"no image")
    return tmp_path


def test_every_ct_is_checked(raw: Path) -> None:
    broken, padded, windowed = value_warnings(raw)
    assert "broken_0000.nii.gz: cannot be read" in broken
    assert "padded_0000.nii.gz: 40640 voxels (24 %) below -1024 HU, down to -2048" in padded
    assert padded.endswith(
        "set to -1024 HU (air) in vf_nnunet predict, but not in this dataset; expected the same: use convert"
    )
    assert "windowed_0000.nii.gz: darkest voxel is 0, brightest 255" in windowed


def test_a_converted_dataset_is_not_read_again(raw: Path) -> None:
    (raw / CONVERSION_REPORT).write_text("{}")
    assert value_warnings(raw) == ()
