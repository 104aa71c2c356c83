"""Values of CTs of datasets that were not converted."""

from pathlib import Path

import numpy as np

from tests.dataset_conversion.scans import outside_circle, scan
from vf_nnunet.planning.value_check import value_warnings

CT = Path("a_0000.nii.gz")


def test_a_good_ct() -> None:
    assert value_warnings(CT, scan().array) == []


def test_padding_and_windows() -> None:
    voxels = scan().array
    (padded,) = value_warnings(CT, np.where(outside_circle(), -2048, voxels).astype(np.int16))
    assert padded.startswith("a_0000.nii.gz: 40640 voxels (24 %) below -1024 HU, down to -2048")
    assert padded.endswith(
        "set to -1024 HU (air) in vf_nnunet predict, but not in this dataset; expected the same: use convert"
    )
    (windowed,) = value_warnings(CT, np.clip(voxels, 0, 255))
    assert windowed.startswith("a_0000.nii.gz: darkest voxel is 0, brightest 255")
