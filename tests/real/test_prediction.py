"""Prediction of real CTs: geometry, orientation, and the maps over the CT."""

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from vf_nnunet.cli import main

CASES = {
    "sub-verse014": "verse/sub-verse014/sub-verse014_ct.nii.gz",
    "example": "totalsegmentator/example_ct.nii.gz",
}


@pytest.mark.parametrize("case", ["sub-verse014", pytest.param("example", marks=pytest.mark.slow)])
def test_maps_lie_over_the_ct(shared_data: Path, untrained_model: Path, tmp_path: Path, case: str) -> None:
    """Canonical LPS axes, about 1 mm, edge to edge with the CT whatever axes it is stored on."""
    source = shared_data / CASES[case]
    assert main(["predict", "-i", str(source), "-o", str(tmp_path), "-m", str(untrained_model), "-device", "cpu"]) == 0
    ct = nibabel.as_closest_canonical(nibabel.load(source))
    (path,) = tmp_path.glob("*_fracture.nii.gz")
    stored = nibabel.load(path)
    assert nibabel.aff2axcodes(stored.affine) == ("L", "P", "S")
    assert stored.header.get_data_dtype() == np.uint16
    result = nibabel.as_closest_canonical(stored)
    assert np.allclose(result.header.get_zooms(), 1, atol=0.02)
    for corner in ((-0.5,) * 3, None):
        place_ct, place_map = (image.affine @ [*(corner or np.array(image.shape) - 0.5), 1] for image in (ct, result))
        np.testing.assert_allclose(place_map, place_ct, atol=0.1)
    findings = json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
    assert findings["disclaimer"]
