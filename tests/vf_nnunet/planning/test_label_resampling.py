"""Labels are resampled exactly as nnU-Net resamples them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnunetv2.preprocessing.resampling.default_resampling import (
    determine_do_sep_z_and_axis,
    resample_data_or_seg_to_shape,
)
from scipy import ndimage

from vf_nnunet.inference.preprocessing import thick_slice_axis
from vf_nnunet.planning import label_resampling
from vf_nnunet.planning.label_resampling import resample_labels

TARGET = (1.0, 1.0, 1.0)
sizes = st.integers(1, 14)
spacings = st.tuples(*[st.sampled_from([0.5, 0.7, 1.0, 1.3, 2.0, 3.0, 5.0])] * 3)


def by_nnunet(labels: np.ndarray, shape: tuple[int, ...], spacing: tuple[float, ...]) -> np.ndarray:
    (resampled,) = resample_data_or_seg_to_shape(
        labels[np.newaxis].astype(np.float32), shape, spacing, TARGET, is_seg=True, order=1, force_separate_z=None
    )
    return np.asarray(resampled)


def assert_same(labels: np.ndarray, shape: tuple[int, ...], spacing: tuple[float, ...]) -> None:
    expected = by_nnunet(labels, shape, spacing)
    found = resample_labels(labels, shape, thick_slice_axis(spacing, TARGET))
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=150, deadline=None)
@given(
    old=st.tuples(sizes, sizes, sizes),
    new=st.tuples(sizes, sizes, sizes),
    spacing=spacings,
    classes=st.integers(1, 5),
    seed=st.integers(0, 9),
)
def test_noise(old: tuple[int, ...], new: tuple[int, ...], spacing: tuple[float, ...], classes: int, seed: int) -> None:
    """Every voxel is a border; where sizes double or halve, many values are equal."""
    labels = np.random.default_rng(seed).integers(-1, classes, old).astype(np.int8)
    assert_same(labels, new, spacing)


@pytest.mark.parametrize(
    "spacing", [(0.8, 0.8, 0.8), (1.25, 0.7, 0.7), (2.0, 0.5, 0.5), (5.0, 0.5, 0.5), (0.5, 4.0, 0.5)]
)
def test_bodies(spacing: tuple[float, float, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Smooth shapes, some of which touch, computed in several parts."""
    monkeypatch.setattr(label_resampling, "CELLS", 500)
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(60, 50, 40)), 4)
    labels = np.digitize(noise / noise.std(), [0.8, 1.2, 2.0]).astype(np.int16)
    labels[:2, 3:5] = -1
    shape = tuple(round(size * mm) for size, mm in zip(labels.shape, spacing, strict=True))
    assert_same(labels, shape, spacing)


def test_thick_slices_are_nnunets() -> None:
    """The tests above compare thick slices too."""
    assert determine_do_sep_z_and_axis(None, (5.0, 0.5, 0.5), TARGET) == (True, 0)
    assert thick_slice_axis((5.0, 0.5, 0.5), TARGET) == 0


def test_labels_are_left_alone() -> None:
    labels = np.random.default_rng(0).integers(0, 3, (6, 5, 4)).astype(np.int8)
    before = labels.copy()
    resample_labels(labels, (6, 5, 8), None)
    np.testing.assert_array_equal(labels, before)
    assert resample_labels(labels, (6, 5, 4), None) is labels
