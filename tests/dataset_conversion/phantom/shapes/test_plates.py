"""Curved plates: thickness, outline and curvature."""

import numpy as np
import pytest

from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.plates import FAR, Plate, plate_depth

GRID = Grid(shape=(60, 60, 60), spacing=(1.0, 1.0, 1.0))
MIDDLE = 30.0


def disc(height: float = 0.0, half: float = 3.0, inner_half: float = 3.0) -> Plate:
    """A round plate of radius 20 mm whose middle is `height` mm above its outline."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x, y = MIDDLE + 20 * np.cos(angles), MIDDLE + 20 * np.sin(angles)
    rim = np.column_stack([x, y, np.full(12, MIDDLE), np.full(12, half)])
    return Plate(rim, np.array([[MIDDLE, MIDDLE, MIDDLE + height, inner_half]]))


def whole(plate: Plate) -> Array:
    """The depth of all voxels."""
    depth = np.full(GRID.shape, FAR, np.float32)
    box, found = plate_depth(GRID, plate)
    depth[box] = found
    return depth


def test_a_flat_plate_has_its_thickness_and_its_outline() -> None:
    depth = whole(disc())
    assert depth[30, 30, 30] == pytest.approx(3.0, abs=0.1)
    assert np.count_nonzero(depth[:, 30, 30] > 0) == pytest.approx(6, abs=1)
    assert np.count_nonzero(depth[30, 30] > 0) == pytest.approx(40, abs=2)
    assert np.count_nonzero(depth[30, :, 30] > 0) == pytest.approx(40, abs=2)


def test_its_edge_is_round() -> None:
    inside = whole(disc()) > 0
    assert np.count_nonzero(inside[27:28, 30]) < np.count_nonzero(inside[30, 30])


def test_a_curved_plate_passes_through_its_points() -> None:
    depth = whole(disc(height=8.0))
    assert np.argmax(depth[:, 30, 30]) == pytest.approx(38, abs=1)
    assert np.argmax(depth[:, 30, 49]) == pytest.approx(30, abs=1.5)


def test_its_thickness_changes() -> None:
    inside = whole(disc(half=5.0, inner_half=1.5)) > 0
    assert np.count_nonzero(inside[:, 30, 30]) < 5 < 7 < np.count_nonzero(inside[:, 30, 45])


def test_a_plate_outside_the_field_is_empty() -> None:
    plate = disc()
    shift = np.array([200.0, 0.0, 0.0, 0.0])
    away = Plate(plate.rim + shift, plate.inner + shift)
    assert plate_depth(GRID, away)[1].size == 0
