"""One matrix per axis does what nnU-Net's resampling does."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnunetv2.preprocessing.resampling.default_resampling import resample_data_or_seg
from skimage.transform import resize

from vf_nnunet.inference.resampling import AxisResampling, cubic, nearest, resampled_slabs

sizes = st.integers(1, 40)


def resample(image: np.ndarray, axes: Sequence[AxisResampling | None], planes: int = 16) -> np.ndarray:
    """The slabs in one piece; each must begin where the last one ended."""
    slabs, end = [], 0
    for place, slab in resampled_slabs(image, axes, planes):
        assert place == slice(end, end + len(slab))
        end = place.stop
        slabs.append(slab)
    return np.concatenate(slabs)


@settings(deadline=None)
@given(size=sizes, new_size=sizes, axis=st.integers(0, 2))
def test_cubic_along_any_axis_is_resize(size: int, new_size: int, axis: int) -> None:
    shape = [3, 4, 5]
    shape[axis] = size
    image = np.random.default_rng(size).normal(0, 300, shape).astype(np.float32)
    resampling = cubic(size, new_size)
    found = image if resampling is None else resampling.apply(image, axis)
    shape[axis] = new_size
    expected = resize(image.astype(float), shape, order=3, mode="edge", anti_aliasing=False, clip=False)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@given(size=sizes, new_size=sizes)
def test_nearest_is_nnunets_choice_of_slices(size: int, new_size: int) -> None:
    """Also halfway between two slices, where rounding decides."""
    image = np.arange(size, dtype=np.float32).reshape(1, size, 1, 1) * np.ones((1, size, 2, 3), np.float32)
    expected = resample_data_or_seg(image, [new_size, 2, 3], axis=0, order=3, do_separate_z=True, order_z=0)
    resampling = nearest(size, new_size)
    found = image[0] if resampling is None else resampling.apply(image[0], 0)
    np.testing.assert_allclose(found, expected[0], atol=1e-4)


@pytest.mark.parametrize("planes", [1, 16, 85, 90, 200])
def test_blocks_and_slabs_meet_without_a_seam(planes: int) -> None:
    """Sizes beyond one block of outputs and one slab of planes."""
    image = np.random.default_rng(0).integers(-1000, 2000, (70, 37, 150)).astype(np.int16)
    shape = (90, 21, 201)
    found = resample(image, [cubic(old, new) for old, new in zip(image.shape, shape, strict=True)], planes)
    expected = resize(image.astype(float), shape, order=3, mode="edge", anti_aliasing=False, clip=False)
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_nothing_to_do() -> None:
    image = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    assert cubic(5, 5) is None
    assert nearest(5, 5) is None
    np.testing.assert_array_equal(resample(image, [None, None, None]), image)


def test_no_voxels() -> None:
    with pytest.raises(ValueError, match="at least one voxel"):
        resample(np.zeros((0, 3, 3)), [None, None, None])
