"""A world point falls on the same anatomy in the CT and in the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.inference.probability_grid import occupied_bounds, probability_grid

sizes = st.tuples(*[st.integers(20, 90)] * 3)


def oblique(spacing: list[float]) -> np.ndarray:
    """An affine on canonical LPS axes, slightly rotated; spacing (z, y, x)."""
    angle = 0.1
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag(spacing[::-1])
    affine[:3, 3] = [-80, 30, 500]
    return affine


def corner(affine: np.ndarray, index: list[float]) -> np.ndarray:
    """World position (LPS mm) of a continuous voxel index (z, y, x)."""
    return affine @ [index[2], index[1], index[0], 1]


@given(sizes, st.lists(st.floats(0.4, 3), min_size=3, max_size=3))
def test_the_map_covers_the_image_edge_to_edge(shape: tuple[int, ...], spacing: list[float]) -> None:
    image = oblique(spacing)
    network_shape = [round(size * mm) for size, mm in zip(shape, spacing, strict=True)]
    grid = probability_grid(image, shape, [(0, size) for size in shape], network_shape)
    np.testing.assert_allclose(corner(grid.affine, [-0.5] * 3), corner(image, [-0.5] * 3), atol=1e-6)
    far_image, far_map = ([size - 0.5 for size in sizes] for sizes in (shape, network_shape))
    np.testing.assert_allclose(corner(grid.affine, far_map), corner(image, far_image), atol=1e-6)
    assert grid.padding == ((0, 0),) * 3


@pytest.mark.parametrize("spacing", [[1.0, 1.0, 1.0], [2.0, 0.7, 0.9]])
def test_cropped_zeros_come_back_in_place(spacing: list[float]) -> None:
    shape, crop = (40, 50, 60), [[3, 38], [0, 50], [7, 52]]
    image = oblique(spacing)
    inner = [stop - start for start, stop in crop]
    network_shape = [round(size * mm) for size, mm in zip(inner, spacing, strict=True)]
    grid = probability_grid(image, shape, crop, network_shape)
    padded = grid.pad(np.ones(network_shape, dtype=np.float32))
    start = [before for before, _ in grid.padding]
    np.testing.assert_allclose(
        corner(grid.affine, [index - 0.5 for index in start]),
        corner(image, [begin - 0.5 for begin, _ in crop]),
        atol=1e-6,
    )
    ends = np.linalg.inv(grid.affine) @ corner(image, [size - 0.5 for size in shape])
    assert all(end <= size - 0.5 + 1e-6 for end, size in zip(ends[2::-1], padded.shape, strict=True))
    assert padded[0, 0, 0] == (0 if start[0] else 1)


def test_spacing_is_that_of_the_grid() -> None:
    grid = probability_grid(oblique([2.0, 0.5, 0.8]), (30, 40, 50), [(0, 30), (0, 40), (0, 50)], (60, 20, 40))
    np.testing.assert_allclose(grid.spacing, (1, 1, 1))
    grid = probability_grid(oblique([2.0, 0.5, 0.8]), (30, 40, 50), [(0, 30), (0, 40), (0, 50)], (30, 40, 50))
    np.testing.assert_allclose(grid.spacing, (2.0, 0.5, 0.8))


def test_bounds_are_tight() -> None:
    mask = np.zeros((5, 6, 7), bool)
    mask[1, 2, 3] = mask[3, 2, 6] = True
    assert occupied_bounds(mask) == [(1, 4), (2, 3), (3, 7)]


def test_bounds_of_an_empty_mask() -> None:
    assert occupied_bounds(np.zeros((2, 3, 4), bool)) == [(0, 0)] * 3
