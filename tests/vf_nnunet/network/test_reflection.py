"""Reflection at an image's border."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.network.reflection import reflected_indices


@given(st.integers(1, 40), st.integers(0, 90), st.integers(0, 90))
def test_equals_numpy_padding(size: int, before: int, after: int) -> None:
    padded = np.pad(np.arange(size), (before, after), mode="reflect")
    np.testing.assert_array_equal(reflected_indices(-before, size + after, size), padded)
