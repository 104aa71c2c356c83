from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.images.masks import MaskError, check_no_mask

CT = Path("a.nii.gz")
Array = npt.NDArray[np.generic]


def blobs(labels: int, dtype: type = np.uint8, zoom: int = 8) -> npt.NDArray[Any]:
    """Regions of `zoom` voxels a side with the values 0 to `labels`."""
    small = np.random.default_rng(0).integers(0, labels + 1, (5, 6, 7))
    return np.kron(small, np.ones((zoom, zoom, zoom), int)).astype(dtype)


def grey(lowest: int, highest: int) -> Array:
    """A CT of noise, clipped to a window."""
    values = np.random.default_rng(0).normal((lowest + highest) / 2, (highest - lowest) / 2, (20, 30, 40))
    return np.clip(values.round(), lowest, highest).astype(np.int16)


@pytest.mark.parametrize(
    "array",
    [
        blobs(1),
        blobs(1, np.float32),
        blobs(25),
        blobs(117, np.int16),
        blobs(255),
        blobs(300, np.int32),
        blobs(25, float),
    ],
)
def test_masks_of_any_type_are_told(array: Array) -> None:
    with pytest.raises(MaskError, match=r"a\.nii\.gz: values from 0 to \d+, a mask.*; expected a CT in HU"):
        check_no_mask(CT, array)


def test_a_map_of_probabilities_is_told() -> None:
    with pytest.raises(MaskError, match=r"values from 0 to 0\.9.*a mask or a map of probabilities"):
        check_no_mask(CT, np.linspace(0, 0.98, 60, dtype=np.float32).reshape(3, 4, 5))


@pytest.mark.parametrize(
    "array", [grey(-1000, 2000), grey(0, 255), grey(24, 4000), grey(0, 4095), blobs(1, float) - 1000.0]
)
def test_images_are_none(array: Array) -> None:
    check_no_mask(CT, array)
