"""Segments are cut as numpy would pad and slice, and lie where they should."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.training.segments import SegmentGeometry, cut


@given(
    st.tuples(st.integers(-12, 12), st.integers(-12, 12), st.integers(-12, 12)),
    st.tuples(st.integers(2, 9), st.integers(2, 9), st.integers(2, 9)),
)
def test_cut_equals_numpy_padding(starts: tuple[int, int, int], size: tuple[int, int, int]) -> None:
    array = np.arange(2 * 7 * 6 * 5).reshape(2, 7, 6, 5)
    margin = 25
    padded = np.pad(array, [(0, 0), *[(margin, margin)] * 3], mode="reflect")
    z, y, x = (slice(margin + start, margin + start + length) for start, length in zip(starts, size, strict=True))
    np.testing.assert_array_equal(cut(array, starts, size), padded[:, z, y, x])


@given(st.integers(1, 60), st.integers(0, 59), st.integers(0, 6))
def test_a_segment_predicts_its_centre_where_it_can(voxels: int, centre: int, border: int) -> None:
    """A centre in the predicted range lies in the predicted part of the segment that is cut around it."""
    geometry = SegmentGeometry((9, 9, 9), (2, 2, 2), border)
    start, stop = geometry.predicted_range(0, voxels)
    assert 0 <= start <= stop <= voxels
    if start <= centre < stop:
        begin = geometry.starts(np.array([centre] * 3), (voxels,) * 3)[0]
        assert begin + 2 <= centre < begin + 7
        lowest, highest = geometry.start_range(0, voxels)
        assert lowest <= begin <= highest
