"""Values of CTs of datasets that were not converted."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.dataset_conversion.scans import outside_circle, scan
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE
from vf_nnunet.planning.value_check import value_warnings

CT = Path("a_0000.nii.gz")


def test_a_good_ct() -> None:
    assert value_warnings(CT, scan().array, None) == []


def test_padding_and_windows() -> None:
    voxels = scan().array
    (padded,) = value_warnings(CT, np.where(outside_circle(), -2048, voxels).astype(np.int16), None)
    assert padded.startswith("a_0000.nii.gz: 40640 voxels (24 %) below -1024 HU, down to -2048")
    assert padded.endswith(
        "set to -1024 HU (air) in vf_nnunet predict, but not in this dataset; expected the same: use convert"
    )
    for scale in (None, WINDOW_SCALE):
        (windowed,) = value_warnings(CT, np.clip(voxels, 0, 255), scale)
        assert windowed.startswith("a_0000.nii.gz: darkest voxel is 0, brightest 255")


def test_padding_that_the_normalisation_raises_to_air() -> None:
    padded = np.where(outside_circle(), -2048, scan().array).astype(np.int16)
    assert value_warnings(CT, padded, WINDOW_SCALE) == []
    lower = replace(WINDOW_SCALE, lowest=-3000.0)
    assert "set to -1024 HU (air) in vf_nnunet predict" in value_warnings(CT, padded, lower)[0]
