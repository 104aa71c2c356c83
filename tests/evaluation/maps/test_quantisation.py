import re
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.maps.quantisation import HALF_STEP, check_probability, dequantise, quantise, quantised_threshold


def test_every_step_is_read_back() -> None:
    steps = np.arange(65536, dtype=np.uint16)
    probability = dequantise(steps)
    assert probability.dtype == np.float32
    np.testing.assert_array_equal(quantise(probability), steps)


def test_quantising_changes_a_probability_by_half_a_step_at_most() -> None:
    probability = np.random.default_rng(0).random(10_000).astype(np.float32)
    np.testing.assert_allclose(dequantise(quantise(probability)), probability, rtol=0, atol=HALF_STEP * 1.01)


def test_rounding_errors_beyond_the_limits_are_clipped() -> None:
    beyond = np.array([-HALF_STEP, 1 + HALF_STEP], dtype=np.float32)
    check_probability(Path("a.nii.gz"), beyond)
    assert quantise(beyond).tolist() == [0, 65535]


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_anything_else_is_refused(value: float) -> None:
    values = np.array([0.2, value, 0.3], dtype=np.float32)
    with pytest.raises(InputError, match=re.escape("a.nii.gz: values ")):
        check_probability(Path("a.nii.gz"), values)


@pytest.mark.parametrize("step", [1, 2, 3, 32767, 32768, 65534, 65535])
def test_threshold_at_a_step_is_that_step(step: int) -> None:
    assert quantised_threshold(step / 65535) == step
    assert quantised_threshold(float(np.float32(step / 65535))) == step
    assert quantised_threshold((step - 0.5) / 65535) == step


def test_threshold_zero_does_not_take_every_voxel() -> None:
    assert quantised_threshold(0.0) == 1
