"""Thick slices are means of thin ones at the same place."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.acquisition.thick_slices import (
    average_slices,
    middle_slices,
    rendered_per_slice,
    rendering_grid,
)
from dataset_conversion.phantom.settings.acquisition import ANY
from dataset_conversion.phantom.shapes.grid import Grid


@pytest.mark.parametrize(("slices", "count"), [(0.6, 1), (1.8, 1), (2.5, 2), (5.0, 3)])
def test_no_rendered_slice_is_thicker_than_the_limit(slices: float, count: int) -> None:
    grid = Grid(shape=(4, 5, 6), spacing=(slices, 1.0, 1.0))
    assert rendered_per_slice(grid, replace(ANY, rendered_slice=1.8)) == count
    assert rendered_per_slice(grid, ANY) == 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_slice_is_the_mean_of_what_lies_in_it(count: int) -> None:
    grid = Grid(shape=(4, 2, 2), spacing=(3.0, 1.0, 1.0))
    fine, lowest = rendering_grid(grid, count)
    assert fine.shape == (4 * count, 2, 2)
    places = lowest + np.arange(fine.shape[0]) * fine.spacing[0]
    volume = np.broadcast_to(places[:, None, None], fine.shape).astype(np.float32)
    np.testing.assert_allclose(average_slices(volume, count)[:, 0, 0], [0, 3, 6, 9], atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_masks_are_cut_at_the_middle_of_a_slice(count: int) -> None:
    mask = np.arange(4 * count, dtype=np.uint8)[:, None, None]
    fine, lowest = rendering_grid(Grid(shape=(4, 1, 1), spacing=(3.0, 1.0, 1.0)), count)
    places = lowest + middle_slices(mask, count)[:, 0, 0] * fine.spacing[0]
    np.testing.assert_allclose(places, [0, 3, 6, 9], atol=fine.spacing[0] / 2 + 1e-6)
