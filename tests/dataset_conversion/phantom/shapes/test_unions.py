"""Solids joined, and hollowed."""

import numpy as np
import pytest

from dataset_conversion.phantom.shapes.grid import Array, Box, Grid
from dataset_conversion.phantom.shapes.plates import FAR
from dataset_conversion.phantom.shapes.unions import hollowed, joined

GRID = Grid(shape=(40, 40, 40), spacing=(1.0, 1.0, 1.0))


def ball(x: float, radius: float = 6.0) -> tuple[Box, Array]:
    """A ball at (x, 20, 20)."""
    box = GRID.box_around(np.array([x, 20.0, 20.0]), radius + 3)
    places = GRID.points(box)
    distance = np.sqrt((places[0] - x) ** 2 + (places[1] - 20) ** 2 + (places[2] - 20) ** 2)
    return box, np.asarray(radius - distance, np.float32)


def along_x(solid: tuple[Box, Array]) -> Array:
    depth = np.full(GRID.shape, -9.0, np.float32)
    depth[solid[0]] = solid[1]
    return np.asarray(depth[20, 20])


def test_a_union_holds_both_solids_and_rounds_the_edge_between_them() -> None:
    sharp, round_edge = (along_x(joined([ball(14), ball(25)], rounding)) for rounding in (0.1, 6.0))
    assert sharp[14] == pytest.approx(6.0)
    assert sharp[25] == pytest.approx(6.0)
    assert round_edge[20] > sharp[20] + 0.5


def test_a_cavity_is_cut_out_with_its_gap() -> None:
    left = along_x(hollowed(ball(14), ball(22), gap=2.0))
    assert left[14] == pytest.approx(0.0)  # 8 mm from the middle of the other ball, less its radius and the gap
    assert left[10] > 0
    assert left[16] < 0


def test_a_cavity_elsewhere_changes_nothing() -> None:
    before = ball(8)[1].copy()
    np.testing.assert_array_equal(hollowed(ball(8), ball(32))[1], before)


def test_solids_outside_the_field_add_nothing() -> None:
    outside = GRID.box_around(np.array([200.0, 20.0, 20.0]), 5.0)
    empty = np.empty([part.stop - part.start for part in outside], np.float32)
    np.testing.assert_allclose(joined([(outside, empty), ball(20)], 1.0)[1], np.maximum(ball(20)[1], FAR), atol=0.3)
    assert joined([(outside, empty)], 1.0)[1].size == 0
