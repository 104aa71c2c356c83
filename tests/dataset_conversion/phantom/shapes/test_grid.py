"""Boxes of voxels, local coordinates, partial volume."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dataset_conversion.phantom.shapes.frames import frame_from_angles
from dataset_conversion.phantom.shapes.grid import (
    Grid,
    blend,
    correlated_noise,
    coverage,
    enclosing_box,
    paint_bone,
    within,
)

POINT = arrays(np.float64, 3, elements=st.floats(-80, 140))
GRID = Grid(shape=(40, 60, 75), spacing=(1.5, 1.0, 0.8))


@given(POINT, st.floats(0, 50))
def test_a_box_holds_exactly_the_voxels_within_reach(centre: np.ndarray, reach: float) -> None:
    box = GRID.box_around(centre, reach)
    for part, middle, size, step in zip(box, centre[::-1], GRID.shape, GRID.spacing, strict=True):
        distances = np.abs(np.arange(size) * step - middle)
        held = set(range(part.start, part.stop))
        # A voxel at the very border may fall either way.
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
    lengths = [sum(axis**2 for axis in axes) for axes in (plain, turned)]
    np.testing.assert_allclose(*lengths, rtol=1e-4)


def test_coverage_is_half_on_the_surface_and_whole_half_a_voxel_inside() -> None:
    shares = coverage(np.array([-1.0, -0.5, 0.0, 0.25, 0.5, 9.0], dtype=np.float32), 1.0)
    np.testing.assert_allclose(shares, [0, 0, 0.5, 0.75, 1, 1])


def test_blend_mixes_by_share_and_leaves_the_rest() -> None:
    volume = np.zeros((2, 2, 2), dtype=np.float32)
    blend(volume, (slice(0, 1), slice(0, 2), slice(0, 2)), np.full((1, 2, 2), 0.25, np.float32), 100.0)
    assert volume[0].tolist() == [[25, 25], [25, 25]]
    assert not volume[1].any()


@given(st.floats(-3, 3), st.floats(0.3, 2.0))
def test_a_voxel_of_bone_holds_background_shell_and_core_by_volume(depth: float, thickness: float) -> None:
    volume = np.full((1, 1, 1), -100, dtype=np.float32)
    box = (slice(0, 1),) * 3
    depths = np.full((1, 1, 1), depth, dtype=np.float32)
    paint_bone(volume, box, depths, 1.0, thickness, 700.0, 150.0)
    bone, core = np.clip(depth + 0.5, 0, 1), np.clip(depth - thickness + 0.5, 0, 1)
    assert volume.item() == pytest.approx(-100 * (1 - bone) + 700 * (bone - core) + 150 * core, abs=0.5)


def test_a_box_within_another_finds_the_same_voxels() -> None:
    volume = np.arange(1000).reshape(10, 10, 10)
    boxes = [(slice(1, 4), slice(2, 5), slice(3, 9)), (slice(2, 7), slice(0, 3), slice(4, 5))]
    outer = enclosing_box(boxes)
    assert outer == (slice(1, 7), slice(0, 5), slice(3, 9))
    for box in boxes:
        np.testing.assert_array_equal(volume[outer][within(box, outer)], volume[box])


def test_noise_has_unit_variance_and_the_length_asked_for_in_mm(grid: Grid, rng: np.random.Generator) -> None:
    noise = correlated_noise(rng, grid, (2.0, 2.0, 2.0))
    assert noise.std() == pytest.approx(1, abs=1e-3)
    # White noise smoothed with sd s correlates as exp(-d^2 / 4 s^2).
    for axis, step in enumerate(grid.spacing):
        shift = round(3.0 / step)
        along = np.mean(noise * np.roll(noise, shift, axis))
        assert along == pytest.approx(np.exp(-((shift * step) ** 2) / 16), abs=0.12)


@given(st.integers(1, 50))
def test_slabs_cut_a_box_into_slices_without_gaps(slices: int) -> None:
    box = (slice(5, 33), slice(1, 7), slice(2, 9))
    slabs = list(GRID.slabs(slices, box))
    assert [row for z, _, _ in slabs for row in range(z.start, z.stop)] == list(range(5, 33))
    assert all((y, x) == box[1:] and z.stop - z.start <= slices for z, y, x in slabs)
    assert next(GRID.slabs(100)) == GRID.whole


def test_a_part_is_a_grid_of_the_boxs_shape() -> None:
    assert GRID.part((slice(5, 33), slice(1, 7), slice(2, 9))) == Grid(shape=(28, 6, 7), spacing=GRID.spacing)
