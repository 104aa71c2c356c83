"""Blur, noise and rounding."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.acquisition.scan import acquire
from dataset_conversion.phantom.settings.acquisition import ANY, SHARP, SMOOTH, STANDARD, Scanner
from dataset_conversion.phantom.shapes.grid import Grid

QUIET = replace(ANY, noise_sd=(0.0, 0.0))


@pytest.mark.parametrize("scanner", [SHARP, STANDARD, SMOOTH, ANY])
def test_noise_has_the_sd_of_the_scanner(grid: Grid, rng: np.random.Generator, scanner: Scanner) -> None:
    scanner = replace(scanner, noise_sd=(20.0, 20.0))
    scan = acquire(rng, np.full(grid.shape, 50, np.float32), grid, scanner)
    assert scan.dtype == np.int16
    assert scan.mean() == pytest.approx(50, abs=1)
    assert scan.std() == pytest.approx(20, abs=1)


def test_noise_is_correlated_by_the_kernel(rng: np.random.Generator) -> None:
    grid = Grid(shape=(30, 60, 60), spacing=(1.0, 0.8, 0.8))
    scanner = replace(ANY, in_plane_blur=(0.8, 0.8), slice_blur=(0.9, 0.9), noise_sd=(30.0, 30.0))
    noise = acquire(rng, np.zeros(grid.shape, np.float32), grid, scanner).astype(float)
    for axis, expected in enumerate((np.exp(-1 / (4 * 0.9**2)), np.exp(-1 / 4), np.exp(-1 / 4))):
        along = np.mean(noise * np.roll(noise, 1, axis)) / noise.var()
        assert along == pytest.approx(expected, abs=0.06)


def test_an_edge_is_blurred_by_the_same_millimetres_on_every_axis(rng: np.random.Generator) -> None:
    grid = Grid(shape=(40, 40, 40), spacing=(0.5, 0.4, 0.4))
    scanner = replace(QUIET, in_plane_blur=(0.8, 0.8), slice_blur=(0.8, 0.8))
    for axis, step in enumerate(grid.spacing):
        volume = np.zeros(grid.shape, np.float32)
        volume[tuple(slice(20, None) if other == axis else slice(None) for other in range(3))] = 1000
        profile = np.moveaxis(acquire(rng, volume, grid, scanner), axis, 0)[:, 20, 20].astype(float)
        density = np.diff(profile) / 1000
        places = np.arange(density.size) * step
        middle = (density * places).sum()
        assert np.sqrt((density * (places - middle) ** 2).sum()) == pytest.approx(0.8, abs=0.06)


def test_values_are_clipped_to_what_scanners_store(grid: Grid, rng: np.random.Generator) -> None:
    volume = np.full(grid.shape, -3000, np.float32)
    volume[: grid.shape[0] // 2] = 9000
    scan = acquire(rng, volume, grid, QUIET)
    assert (scan.min(), scan.max()) == (-1024, 3071)


def test_a_sharp_kernel_overshoots_at_edges_and_keeps_the_noise(rng: np.random.Generator) -> None:
    grid = Grid(shape=(10, 60, 60), spacing=(1.0, 0.6, 0.6))
    sharp = replace(QUIET, overshoot=(1.2, 1.2), overshoot_width=1.0)
    volume = np.zeros(grid.shape, np.float32)
    volume[:, 30:] = 1000
    scan = acquire(rng, volume, grid, sharp)
    assert scan.max() > 1080
    assert scan.min() < -80
    larger = Grid(shape=(40, 100, 100), spacing=grid.spacing)
    noisy = acquire(rng, np.zeros(larger.shape, np.float32), larger, replace(sharp, noise_sd=(40.0, 40.0)))
    assert noisy[5:-5, 12:-12, 12:-12].std() == pytest.approx(40, abs=1)


def test_air_can_have_less_noise_than_tissue(rng: np.random.Generator) -> None:
    grid = Grid(shape=(20, 60, 60), spacing=(1.0, 0.8, 0.8))
    volume = np.full(grid.shape, 40, np.float32)
    volume[:10] = -900
    scan = acquire(rng, volume, grid, replace(ANY, noise_sd=(20.0, 20.0), noise_in_air=0.5))
    assert scan[:8].std() == pytest.approx(0.5 * scan[12:].std(), rel=0.1)


def test_padding_follows_its_chance(grid: Grid, rng: np.random.Generator) -> None:
    for chance, lowest in ((0.0, 0), (1.0, -2048)):
        scanner = replace(QUIET, padding=(-2048.0,), padding_chance=chance)
        assert acquire(rng, np.zeros(grid.shape, np.float32), grid, scanner).min() == lowest
