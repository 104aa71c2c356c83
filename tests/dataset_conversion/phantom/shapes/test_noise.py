"""Noise: the same in every box, of unit variance, correlated over the given length."""

import numpy as np
import pytest

from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.shapes.noise import SmoothNoise, correlated_noise

GRID = Grid(shape=(60, 90, 80), spacing=(1.5, 1.0, 1.2))


def test_a_box_shows_its_part_of_the_noise() -> None:
    pattern = SmoothNoise(np.random.default_rng(0), GRID, 4.0)
    whole, box = pattern.at(GRID.whole), (slice(3, 9), slice(40, 90), slice(0, 17))
    assert whole.shape == GRID.shape
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(pattern.at(box), whole[box])


def test_reading_twice_gives_the_same_noise() -> None:
    pattern = SmoothNoise(np.random.default_rng(0), GRID, 4.0)
    np.testing.assert_array_equal(pattern.at(GRID.whole), pattern.at(GRID.whole))


@pytest.mark.parametrize("length", [2.5, 5.0])
def test_noise_has_unit_variance_and_correlates_over_its_length(length: float) -> None:
    values = SmoothNoise(np.random.default_rng(0), GRID, length).at(GRID.whole)
    assert values.std() == pytest.approx(0.9, abs=0.12)
    for axis, step in enumerate(GRID.spacing):
        shift = round(2 * length / step)
        pairs = (np.delete(values, slice(0, shift), axis), np.delete(values, slice(-shift, None), axis))
        along = np.mean(pairs[0] * pairs[1]) / values.var()
        assert along == pytest.approx(np.exp(-((shift * step) ** 2) / (4 * length**2)), abs=0.15)


def test_correlated_noise_has_unit_variance_and_the_given_length_in_mm(grid: Grid, rng: np.random.Generator) -> None:
    noise = correlated_noise(rng, grid, (2.0, 2.0, 2.0))
    assert noise.std() == pytest.approx(1, abs=1e-3)
    # White noise smoothed with sd s correlates as exp(-d^2 / 4 s^2).
    for axis, step in enumerate(grid.spacing):
        shift = round(3.0 / step)
        along = np.mean(noise * np.roll(noise, shift, axis))
        assert along == pytest.approx(np.exp(-((shift * step) ** 2) / 16), abs=0.12)
