from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.images.volume import Volume
from dataset_conversion.qc.curved_slices import coronal_slice, crop_to_ct, sagittal_slice
from dataset_conversion.qc.style import SliceStyle
from dataset_conversion.spine.labels import FRACTURE, NORMAL
from dataset_conversion.spine.vertebra_table import Vertebra

STYLE = SliceStyle(step=1.0, anterior=10.0, posterior=12.0, lateral=8.0, longitudinal=5.0)
SHAPE = (80, 60, 50)
SPACING = (1.5, 1.0, 0.8)


def spine(slant: float, bend: float) -> list[Vertebra]:
    """Three vertebrae, slanted sideways and bent to the back."""
    rows = ((-1, 85.0), (0, 55.0), (1, 25.0))
    return [
        Vertebra("a", "a", level, 20.0 + slant * side, 30.0 + bend * side**2, z, 0)
        for level, (side, z) in zip(("T12", "L1", "L2"), rows, strict=True)
    ]


def coordinate(axis: int) -> Volume:
    """A volume whose value is the place along a world axis (0 for x), so that a slice tells where it was cut."""
    affine = np.diag([*SPACING[::-1], 1.0])
    grid = np.indices(SHAPE)[::-1][axis] * SPACING[::-1][axis]
    return Volume(grid.astype(np.float32), affine)


def blank() -> Volume:
    return Volume(np.zeros(SHAPE, dtype=np.uint8), np.diag([*SPACING[::-1], 1.0]))


@settings(max_examples=30)
@given(st.floats(-6, 6), st.floats(-6, 6))
def test_slices_pass_through_the_centroids_and_keep_distances(slant: float, bend: float) -> None:
    vertebrae = spine(slant, bend)
    for make, across, depth in ((sagittal_slice, 1, 0), (coronal_slice, 0, 1)):
        cut, place, z = (make(coordinate(axis), blank(), vertebrae, STYLE) for axis in (depth, across, 2))
        left, right, bottom, top = cut.extent
        rows, columns = cut.hounsfield.shape
        assert (right - left, top - bottom) == pytest.approx((columns, rows))
        for vertebra, (mark, height) in zip(vertebrae, cut.marks, strict=True):
            assert (mark, height) == (vertebra.centroid[across], vertebra.z)
            row, column = int(top - height), int(mark - left)
            assert cut.hounsfield[row, column] == pytest.approx(vertebra.centroid[depth], abs=0.5)
            assert place.hounsfield[row, column] == pytest.approx(mark, abs=0.51)
            assert z.hounsfield[row, column] == pytest.approx(height, abs=0.51)


def test_the_front_and_the_patients_right_are_at_the_left() -> None:
    for make, across in ((sagittal_slice, 1), (coronal_slice, 0)):
        seen = make(coordinate(across), blank(), spine(0.0, 0.0), STYLE).hounsfield
        assert np.all(np.diff(seen, axis=1) > 0)
        assert np.all(np.diff(make(coordinate(2), blank(), spine(0.0, 0.0), STYLE).hounsfield, axis=0) < 0)


def test_outside_the_ct_there_is_nothing() -> None:
    wide = replace(STYLE, anterior=60.0)
    seen = sagittal_slice(coordinate(1), blank(), spine(0.0, 0.0), wide).hounsfield
    assert np.isnan(seen[:, 0]).all()
    assert np.isfinite(seen[:, -1]).all()


def test_labels_are_interpolated_by_class() -> None:
    labels = blank()
    labels.array[30:44, 20:41, 10:41] = NORMAL
    labels.array[15:20, 20:41, 10:41] = FRACTURE
    found = sagittal_slice(blank(), labels, spine(0.0, 0.0), STYLE).classes
    assert set(found) == {NORMAL, FRACTURE}
    for share in found.values():
        assert share.min() == 0.0
        assert share.max() == 1.0
    # A voxel's value stands at its centre, so the block is as high as its voxels.
    assert np.count_nonzero(found[NORMAL].max(axis=1) >= 0.5) == pytest.approx(14 * SPACING[0], abs=1)
    assert not sagittal_slice(blank(), blank(), spine(0.0, 0.0), STYLE).classes


def test_parts_outside_the_ct_are_cropped() -> None:
    wide = replace(STYLE, anterior=60.0, posterior=70.0, lateral=60.0, longitudinal=90.0)
    vertebrae = spine(2.0, 3.0)
    whole = [make(coordinate(2), blank(), vertebrae, wide) for make in (sagittal_slice, coronal_slice)]
    for before, after in zip(whole, crop_to_ct(whole), strict=True):
        left, right, bottom, top = after.extent
        rows, columns = after.hounsfield.shape
        assert (right - left, top - bottom) == pytest.approx((columns, rows))
        assert rows == pytest.approx(SHAPE[0] * SPACING[0], abs=2)
        assert np.nanmean(np.isfinite(after.hounsfield)) > 0.9 > np.mean(np.isfinite(before.hounsfield))
        row = int(top - vertebrae[0].z)
        assert np.nanmedian(after.hounsfield[row]) == pytest.approx(vertebrae[0].z, abs=0.51)
        np.testing.assert_array_equal(after.marks, before.marks)
