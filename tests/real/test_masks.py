"""Real masks are told from real CTs by their voxels."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from dataset_conversion.images.masks import MaskError, check_no_mask

CT = Path("a.nii.gz")


def test_a_cts_real_masks(shared_data: Path) -> None:
    for name in (
        *("verse/sub-verse014/sub-verse014_seg-vert_msk.nii.gz", "verse/sub-verse004/sub-verse004_seg-vert_msk.nii.gz"),
        "lidc/lidc0001_vertebrae.nii.gz",
    ):
        array = np.asanyarray(nib.load(shared_data / name).dataobj).T
        with pytest.raises(MaskError, match="a mask of labels"):
            check_no_mask(CT, array)
        with pytest.raises(MaskError, match="a mask or a map"):
            check_no_mask(CT, array > 0)


@pytest.mark.parametrize("name", ["totalsegmentator/example_ct.nii.gz", "verse/sub-verse014/sub-verse014_ct.nii.gz"])
def test_a_real_ct_in_any_window_is_no_mask(shared_data: Path, name: str) -> None:
    array = np.asanyarray(nib.load(shared_data / name).dataobj).T
    for centre, width in ((40, 400), (300, 1500), (-600, 1500)):
        window = np.clip((array - centre + width / 2) / width * 255, 0, 255).astype(np.uint8)
        check_no_mask(CT, window)
    check_no_mask(CT, array)
