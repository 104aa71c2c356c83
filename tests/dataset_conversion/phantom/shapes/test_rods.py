"""Rods: round, closed, the same in one piece as in many."""

import numpy as np
import pytest

from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth

GRID = Grid(shape=(60, 60, 60), spacing=(1.0, 1.0, 1.0))


def rod(start: tuple[float, ...], end: tuple[float, ...], radius: float) -> Rod:
    return Rod(np.array(start), np.array(end), radius)


def test_the_depth_is_the_distance_to_the_surface() -> None:
    box, depth = union_depth(GRID, [rod((10, 30, 30), (50, 30, 30), 6.0)])
    volume = np.full(GRID.shape, np.nan)
    volume[box] = depth
    assert volume[30, 30, 20] == pytest.approx(6)
    assert volume[30, 34, 20] == pytest.approx(2)
    assert volume[30, 30, 53] == pytest.approx(3)
    assert volume[33, 34, 30] == pytest.approx(1)


def test_pieces_make_up_the_rod() -> None:
    long = rod((2, 5, 8), (57, 50, 40), 4.0)
    pieces = long.pieces()
    assert len(pieces) > 2
    np.testing.assert_array_equal(pieces[0].start, long.start)
    np.testing.assert_array_equal(pieces[-1].end, long.end)
    box, depth = union_depth(GRID, [long])
    x, y, z = GRID.points(box)
    axis = (long.end - long.start) / np.linalg.norm(long.end - long.start)
    offsets = np.stack(np.broadcast_arrays(x - 2, y - 5, z - 8), axis=-1)
    along = np.clip(offsets @ axis, 0, np.linalg.norm(long.end - long.start))
    expected = 4 - np.linalg.norm(offsets - along[..., None] * axis, axis=-1)
    inside = expected > -1
    np.testing.assert_allclose(depth[inside], expected[inside], atol=1e-3)


def test_a_union_is_the_deepest_of_its_rods() -> None:
    first, second = rod((10, 10, 10), (40, 10, 10), 5.0), rod((40, 10, 10), (40, 50, 10), 3.0)
    box, depth = union_depth(GRID, [first, second])
    volume = np.full(GRID.shape, -np.inf)
    volume[box] = depth
    assert volume[10, 10, 40] == pytest.approx(5)
    assert volume[10, 45, 40] == pytest.approx(3)
    assert volume[10, 45, 15] < -1


def test_a_rod_outside_the_grid_has_an_empty_box() -> None:
    _, depth = union_depth(GRID, [rod((10, 10, 200), (40, 10, 200), 5.0)])
    assert depth.size == 0


def test_a_polyline_joins_its_points() -> None:
    points = [np.array([0.0, 0, 0]), np.array([1.0, 0, 0]), np.array([1.0, 2, 0])]
    rods = polyline(points, 2.0)
    assert [(tuple(piece.start), tuple(piece.end)) for piece in rods] == [
        ((0, 0, 0), (1, 0, 0)),
        ((1, 0, 0), (1, 2, 0)),
    ]
