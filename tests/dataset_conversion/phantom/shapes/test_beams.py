"""Beams and the solid that they make."""

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.phantom.shapes.beams import beam, solid_depth
from dataset_conversion.phantom.shapes.frames import frame_from_angles
from dataset_conversion.phantom.shapes.grid import Grid

Mask = npt.NDArray[np.bool_]
FINE = Grid(shape=(80, 80, 80), spacing=(0.5, 0.5, 0.5))
UPRIGHT = frame_from_angles(0.0, 0.0, 0.0)
MIDDLE = np.array([20.0, 20.0, 20.0])
UP = (0.0, 0.0, 1.0)


def extent(inside: Mask, axis: int) -> float:
    others = tuple(other for other in range(3) if other != axis)
    return float(np.count_nonzero(inside.any(axis=others))) * 0.5


def test_a_beam_has_its_length_and_its_two_widths() -> None:
    box, depth = solid_depth(FINE, MIDDLE, UPRIGHT, [beam((-8, 0, 0), (8, 0, 0), UP, (5.0, 2.0))], 1.0)
    inside = depth > 0
    assert [extent(inside, axis) for axis in range(3)] == pytest.approx([10, 4, 20], abs=0.6)
    assert box[0].start < 80 / 2 - 5 / 0.5


def test_the_section_changes_along_a_beam() -> None:
    box, depth = solid_depth(FINE, MIDDLE, UPRIGHT, [beam((-9, 0, 0), (9, 0, 0), UP, (6.0, 3.0), (2.0, 3.0))], 1.0)
    at = [round((20 + u) / 0.5) - box[2].start for u in (-9, 0, 9)]
    heights = [np.count_nonzero((depth[:, :, place] > 0).any(axis=1)) * 0.5 for place in at]
    assert heights == pytest.approx([12, 8, 4], abs=1)


def test_a_solid_turns_with_its_frame() -> None:
    turned = frame_from_angles(30.0, 10.0, 20.0)
    beams = [beam((-6, 0, 0), (6, 3, 4), UP, (3.0, 2.0))]
    place = MIDDLE + turned.to_world(6.0, 3.0, 4.0)
    box, depth = solid_depth(FINE, MIDDLE, turned, beams, 1.0)
    index = tuple(np.rint(place[::-1] / 0.5).astype(int) - [part.start for part in box])
    assert depth[index] > 1


def test_the_corner_between_two_beams_is_filled() -> None:
    beams = [beam((-10, 0, 0), (10, 0, 0), UP, (2.0, 2.0)), beam((0, 0, -10), (0, 0, 10), (1, 0, 0), (2.0, 2.0))]
    sharp, round_ = (solid_depth(FINE, MIDDLE, UPRIGHT, beams, rounding)[1] for rounding in (0.01, 3.0))
    assert np.all(round_ >= sharp - 1e-6)
    assert np.count_nonzero(round_ > 0) > np.count_nonzero(sharp > 0)


def test_a_solid_outside_the_grid_is_an_empty_box() -> None:
    box, depth = solid_depth(FINE, MIDDLE + 500, UPRIGHT, [beam((-8, 0, 0), (8, 0, 0), UP, (5.0, 2.0))], 1.0)
    assert depth.size == 0
    assert any(part.start == part.stop for part in box)
