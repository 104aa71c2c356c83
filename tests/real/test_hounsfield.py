"""Real CTs, whole or small crops, are in Hounsfield units; the same CTs with other values are not."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.ct import read_ct
from dataset_conversion.spine.bone.hounsfield import check_hounsfield

CTS = {
    "verse": "verse/sub-verse014/sub-verse014_ct.nii.gz",
    "lidc": "lidc/lidc0001_ct.nii.gz",
    "tptbox": "tptbox/sub-ct_label-22_ct.nii.gz",
    "totalsegmentator": "totalsegmentator/example_ct.nii.gz",
}
PADDED = {"lidc": (7417676, -2048), "verse": (13195, -1291), "totalsegmentator": (124, -1207), "tptbox": (1, -1030)}


@pytest.mark.parametrize("name", CTS)
def test_a_real_ct(shared_data: Path, name: str) -> None:
    ct = read_ct(shared_data / CTS[name])
    count, lowest = PADDED[name]
    (warning,) = ct.warnings
    assert f"{count} voxels" in warning
    assert f"down to {lowest}" in warning
    assert ct.array.min() == -1024
    changed = {
        "0..255": np.clip((ct.array.astype(np.float32) + 160) / 400 * 255, 0, 255).round(),
        "+1000": ct.array.astype(np.int32) + 1000,
        "+1024": ct.array.astype(np.int32) + 1024,
        "inverted": -ct.array.astype(np.int32),
        "soft tissue window": np.clip(ct.array, -160, 240),
    }
    assert {name: bool(check_hounsfield(array)) for name, array in changed.items()} == dict.fromkeys(changed, True)


@pytest.mark.parametrize("name", ["verse", "lidc", "totalsegmentator"])
def test_crops_of_a_real_ct(shared_data: Path, name: str) -> None:
    """60 mm in every direction around voxels of bone."""
    ct = read_ct(shared_data / CTS[name])
    bone = np.argwhere(ct.array > 400)
    for centre in bone[np.random.default_rng(0).integers(len(bone), size=20)]:
        reach = np.ceil(30 / np.array(ct.spacing)).astype(int)
        place = tuple(slice(max(at - r, 0), at + r) for at, r in zip(centre, reach, strict=True))
        assert check_hounsfield(ct.array[place]) == []
