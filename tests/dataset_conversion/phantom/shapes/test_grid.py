"""Boxes of voxels and local coordinates."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dataset_conversion.phantom.shapes.frames import frame_from_angles
from dataset_conversion.phantom.shapes.grid import Grid, enclosing_box, within

POINT = arrays(np.float64, 3, elements=st.floats(-80, 140))
GRID = Grid(shape=(40, 60, 75), spacing=(1.5, 1.0, 0.8))


@given(POINT, st.floats(0, 50))
def test_a_box_holds_exactly_the_voxels_within_reach(centre: np.ndarray, reach: float) -> None:
    box = GRID.box_around(centre, reach)
    for part, middle, size, step in zip(box, centre[::-1], GRID.shape, GRID.spacing, strict=True):
        distances = np.abs(np.arange(size) * step - middle)
        held = set(range(part.start, part.stop))
        # A voxel exactly on the border may be inside or outside.
        assert set(np.flatnonzero(distances <= reach - 1e-9)) <= held <= set(np.flatnonzero(distances <= reach + 1e-9))


def test_local_coordinates_without_rotation_are_offsets(grid: Grid) -> None:
    box = (slice(4, 6), slice(10, 13), slice(20, 24))
    u, v, w = grid.local(box, np.array([1.0, 2.0, 3.0]), frame_from_angles(0, 0, 0))
    assert u.shape == v.shape == w.shape == (2, 3, 4)
    np.testing.assert_allclose(u[0, 0], np.arange(20, 24) * 0.8 - 1, rtol=1e-5)
    np.testing.assert_allclose(v[0, :, 0], np.arange(10, 13) - 2)
    np.testing.assert_allclose(w[:, 0, 0], np.arange(4, 6) * 1.5 - 3)


def test_local_coordinates_keep_distances_under_rotation(grid: Grid) -> None:
    box, origin = (slice(0, 5), slice(0, 5), slice(0, 5)), np.array([7.0, 5.0, 3.0])
    plain, turned = (grid.local(box, origin, frame_from_angles(*angles)) for angles in ((0, 0, 0), (20, -15, 8)))
    plain_length, turned_length = (np.linalg.norm(axes, axis=0) for axes in (plain, turned))
    np.testing.assert_allclose(turned_length, plain_length, rtol=5e-5)


def test_a_box_within_another_finds_the_same_voxels() -> None:
    volume = np.arange(1000).reshape(10, 10, 10)
    boxes = [(slice(1, 4), slice(2, 5), slice(3, 9)), (slice(2, 7), slice(0, 3), slice(4, 5))]
    outer = enclosing_box(boxes)
    assert outer == (slice(1, 7), slice(0, 5), slice(3, 9))
    for box in boxes:
        np.testing.assert_array_equal(volume[outer][within(box, outer)], volume[box])


@given(st.integers(1, 50))
def test_slabs_cut_a_box_into_slices_without_gaps(slices: int) -> None:
    box = (slice(5, 33), slice(1, 7), slice(2, 9))
    slabs = list(GRID.slabs(slices, box))
    assert [row for z, _, _ in slabs for row in range(z.start, z.stop)] == list(range(5, 33))
    assert all((y, x) == box[1:] and z.stop - z.start <= slices for z, y, x in slabs)
    assert next(GRID.slabs(100)) == GRID.whole


def test_a_part_is_a_grid_of_the_boxs_shape() -> None:
    assert GRID.part((slice(5, 33), slice(1, 7), slice(2, 9))) == Grid(shape=(28, 6, 7), spacing=GRID.spacing)
