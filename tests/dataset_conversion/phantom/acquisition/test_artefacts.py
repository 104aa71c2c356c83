"""Noise by slice, streaks and padding."""

import numpy as np
import pytest

from dataset_conversion.phantom.acquisition.artefacts import add_streaks, noise_by_slice, pad_outside_circle
from dataset_conversion.phantom.shapes.grid import Grid

LONG = Grid(shape=(400, 8, 8), spacing=(2.0, 1.0, 1.0))


def test_noise_changes_slowly_from_slice_to_slice(rng: np.random.Generator) -> None:
    factors = noise_by_slice(rng, LONG, 0.3)
    assert factors is not None
    logarithms = np.log(factors)
    assert 0.1 < logarithms.std() < 0.4
    assert np.abs(np.diff(logarithms)).max() < 0.1


def test_noise_without_variation_draws_nothing(rng: np.random.Generator) -> None:
    before = rng.bit_generator.state
    assert noise_by_slice(rng, LONG, 0.0) is None
    assert rng.bit_generator.state == before


def test_streaks_are_long_across_and_thin_along_the_slice(rng: np.random.Generator) -> None:
    grid = Grid(shape=(400, 60, 80), spacing=(5.0, 1.0, 1.0))
    volume = np.zeros(grid.shape, np.float32)
    add_streaks(rng, volume, grid, 30.0)
    by_slice = volume.std(axis=(1, 2))
    assert by_slice.min() == 0
    assert 15 < by_slice.max() < 45
    row, column = (np.abs(np.diff(volume, axis=axis)).mean() for axis in (1, 2))
    assert column < 0.2 * row


def test_only_the_corners_are_padded() -> None:
    stored = np.zeros((3, 41, 41), np.int16)
    pad_outside_circle(stored, Grid(shape=(3, 41, 41), spacing=(2.0, 0.8, 0.8)), -2048.0)
    assert np.all(stored[:, [0, 0, -1, -1], [0, -1, 0, -1]] == -2048)
    assert np.all(stored[:, 20, :] == 0)
    assert np.mean(stored == -2048) == pytest.approx(1 - np.pi / 4, abs=0.03)
