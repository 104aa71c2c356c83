"""Smooth patterns: the same wherever they are asked for, of unit variance, as coarse as asked for."""

import numpy as np
import pytest

from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.shapes.noise import SmoothField

GRID = Grid(shape=(60, 90, 80), spacing=(1.5, 1.0, 1.2))


def test_a_box_shows_its_part_of_the_whole() -> None:
    pattern = SmoothField(np.random.default_rng(0), GRID, 4.0)
    whole, box = pattern.at(GRID.whole), (slice(3, 9), slice(40, 90), slice(0, 17))
    assert whole.shape == GRID.shape
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(pattern.at(box), whole[box])


def test_asking_twice_gives_the_same() -> None:
    pattern = SmoothField(np.random.default_rng(0), GRID, 4.0)
    np.testing.assert_array_equal(pattern.at(GRID.whole), pattern.at(GRID.whole))


@pytest.mark.parametrize("length", [2.5, 5.0])
def test_it_varies_by_one_and_correlates_over_its_length(length: float) -> None:
    values = SmoothField(np.random.default_rng(0), GRID, length).at(GRID.whole)
    assert values.std() == pytest.approx(0.9, abs=0.12)
    for axis, step in enumerate(GRID.spacing):
        shift = round(2 * length / step)
        pairs = (np.delete(values, slice(0, shift), axis), np.delete(values, slice(-shift, None), axis))
        along = np.mean(pairs[0] * pairs[1]) / values.var()
        assert along == pytest.approx(np.exp(-((shift * step) ** 2) / (4 * length**2)), abs=0.15)
