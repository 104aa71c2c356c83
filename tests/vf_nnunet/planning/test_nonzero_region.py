"""Zeros are cropped and marked as nnU-Net does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnunetv2.preprocessing.cropping.cropping import crop_to_nonzero

from dataset_conversion.spine.errors import InputError
from vf_nnunet.planning.nonzero_region import OUTSIDE, crop_zeros

sizes = st.integers(1, 12)


@settings(max_examples=150, deadline=None)
@given(
    shape=st.tuples(sizes, sizes, sizes),
    share=st.sampled_from([0.05, 0.5, 0.9]),
    channels=st.integers(1, 2),
    border=st.integers(0, 2),
    seed=st.integers(0, 9),
)
def test_equal_to_nnunet(shape: tuple[int, ...], share: float, channels: int, border: int, seed: int) -> None:
    """Scattered zeros, enclosed or connected with the outside; borders of zeros; two channels."""
    random = np.random.default_rng(seed)
    image = np.where(random.random((channels, *shape)) < share, 0, 7).astype(np.int16)
    image[0, 0, 0, 0] = 1
    image = np.pad(image, [(0, 0), *[(border, border)] * 3])
    labels = random.integers(0, 3, image.shape[1:]).astype(np.int16)
    expected, expected_labels, expected_bounds = crop_to_nonzero(image.astype(np.float32), labels[np.newaxis].copy())
    found, found_labels, bounds = crop_zeros(list(image), labels)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found_labels, expected_labels[0])
    assert [list(pair) for pair in bounds] == expected_bounds


def test_enclosed_zeros_are_tissue() -> None:
    image = np.ones((5, 5, 5))
    image[2, 2, 2] = image[0, 1, 1] = 0
    labels = np.zeros(image.shape, np.int16)
    labels[0, 0, 0] = 1
    _, found, _ = crop_zeros([image], labels)
    assert np.argwhere(found == OUTSIDE).tolist() == [[0, 1, 1]]


def test_nothing_but_zeros() -> None:
    with pytest.raises(InputError, match="all 8 voxels of the CT are 0"):
        crop_zeros([np.zeros((2, 2, 2))], np.zeros((2, 2, 2), np.int16))
