import re
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.maps.quantisation import HALF_LEVEL, check_probability, probability_of, quantise


def test_every_level_comes_back() -> None:
    levels = np.arange(65536, dtype=np.uint16)
    probability = probability_of(levels)
    assert probability.dtype == np.float32
    np.testing.assert_array_equal(quantise(probability), levels)


def test_a_probability_moves_by_half_a_level_at_most() -> None:
    probability = np.random.default_rng(0).random(10_000).astype(np.float32)
    np.testing.assert_allclose(probability_of(quantise(probability)), probability, rtol=0, atol=HALF_LEVEL * 1.01)


def test_what_rounding_has_put_beyond_the_ends_is_put_back() -> None:
    beyond = np.float32([-HALF_LEVEL, 1 + HALF_LEVEL])
    check_probability(Path("a.nii.gz"), beyond)
    assert quantise(beyond).tolist() == [0, 65535]


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_anything_else_is_refused(value: float) -> None:
    values = np.float32([0.2, value, 0.3])
    with pytest.raises(InputError, match=re.escape("a.nii.gz: values ")):
        check_probability(Path("a.nii.gz"), values)
