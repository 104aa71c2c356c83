"""Reflection at an image's border."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.network.reflection import read_reflected, reflected_indices

starts_of_parts = st.tuples(st.integers(-12, 12), st.integers(-12, 12), st.integers(-12, 12))
sizes_of_parts = st.tuples(st.integers(2, 9), st.integers(2, 9), st.integers(2, 9))


@given(st.integers(1, 40), st.integers(0, 90), st.integers(0, 90))
def test_equals_numpy_padding(size: int, before: int, after: int) -> None:
    padded = np.pad(np.arange(size), (before, after), mode="reflect")
    np.testing.assert_array_equal(reflected_indices(-before, size + after, size), padded)


@given(st.tuples(*[st.integers(1, 9)] * 3), starts_of_parts, sizes_of_parts, st.tuples(*[st.integers(0, 1)] * 3))
def test_a_part_equals_numpy_padding(
    shape: tuple[int, int, int],
    starts: tuple[int, int, int],
    size: tuple[int, int, int],
    first: tuple[int, int, int],
) -> None:
    """The whole part, and every third voxel of it as the subsampled pathway reads."""
    image = np.arange(2 * np.prod(shape)).reshape(2, *shape)
    margin = 25
    padded = np.pad(image, [(0, 0), *[(margin, margin)] * 3], mode="reflect")
    z, y, x = (slice(margin + start, margin + start + length) for start, length in zip(starts, size, strict=True))
    np.testing.assert_array_equal(read_reflected(image, starts, size), padded[:, z, y, x])
    thirds = tuple(slice(voxel, None, 3) for voxel in first)
    np.testing.assert_array_equal(read_reflected(image, starts, size, thirds), padded[:, z, y, x][:, *thirds])
