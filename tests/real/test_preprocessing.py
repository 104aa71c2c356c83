"""Real CTs are preprocessed as nnU-Net does."""

from pathlib import Path

import pytest

from dataset_conversion.images.volume import read_volume, to_canonical
from tests.vf_nnunet.inference.test_preprocessing import assert_same

CASES = {
    "sub-verse014": "verse/sub-verse014/sub-verse014_ct.nii.gz",
    "example": "totalsegmentator/example_ct.nii.gz",
}


@pytest.mark.parametrize("case", ["sub-verse014", pytest.param("example", marks=pytest.mark.slow)])
def test_equals_nnunets_preprocessor(shared_data: Path, case: str) -> None:
    volume = to_canonical(read_volume(shared_data / CASES[case]))
    assert_same(volume.array, volume.affine)
