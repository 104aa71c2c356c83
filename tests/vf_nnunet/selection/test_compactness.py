"""Compactness of components."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vf_nnunet.selection.compactness import component_compactness, isoperimetric_quotient

ISOTROPIC = (1.0, 1.0, 1.0)


def ellipsoid(z: float, y: float, x: float, spacing: tuple[float, float, float] = ISOTROPIC) -> npt.NDArray[np.bool_]:
    """An ellipsoid with these half axes in mm, in the middle of a volume of 40 mm on each side."""
    axes = [np.arange(0, 40, step) + step / 2 - 20 for step in spacing]
    grid = np.meshgrid(*axes, indexing="ij")
    distances = np.sum([(g / half) ** 2 for g, half in zip(grid, (z, y, x), strict=True)], axis=0)
    mask: npt.NDArray[np.bool_] = distances <= 1
    return mask


def test_a_ball_is_the_most_compact() -> None:
    """A surface of voxels is a little rougher than the ball's."""
    ball = isoperimetric_quotient(ellipsoid(14, 14, 14), ISOTROPIC)
    assert 0.75 < ball < 1
    assert ball > isoperimetric_quotient(ellipsoid(18, 14, 5), ISOTROPIC)


def test_a_plate_has_the_expected_quotient() -> None:
    """30 x 30 x 2 voxels; marching cubes bevel the edges by half a voxel."""
    plate = np.zeros((40, 40, 40), dtype=bool)
    plate[5:35, 5:35, 10:12] = True
    volume, area = 30 * 30 * 2, 2 * 900 + 4 * 60
    assert isoperimetric_quotient(plate, ISOTROPIC) == pytest.approx(36 * np.pi * volume**2 / area**3, rel=0.15)


def test_spacing_counts() -> None:
    """The same ellipsoid in mm on a coarser grid is about as compact; size does not matter."""
    fine, coarse = ellipsoid(15, 12, 10), ellipsoid(15, 12, 10, (2.0, 1.0, 1.0))
    expected = isoperimetric_quotient(fine, ISOTROPIC)
    assert isoperimetric_quotient(coarse, (2.0, 1.0, 1.0)) == pytest.approx(expected, rel=0.1)
    assert isoperimetric_quotient(coarse, (8.0, 1.0, 1.0)) < 0.7 * expected
    assert isoperimetric_quotient(fine, (3.0, 3.0, 3.0)) == pytest.approx(expected)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_nothing_is_more_compact_than_a_ball(seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((6, 7, 8)) < share
    mask[3, 3, 3] = True
    assert 0 < isoperimetric_quotient(mask, (1.0, 0.7, 2.0)) < 1


def test_components_are_measured_separately_and_small_ones_left_out() -> None:
    volume = np.zeros((60, 40, 80), dtype=bool)
    ball = ellipsoid(10, 10, 10)
    volume[:40, :, :40] |= ball
    volume[:40, :, 40:] |= ellipsoid(4, 15, 15)
    volume[55:57, 2:4, 2:4] = True
    found = sorted(component_compactness(volume, ISOTROPIC))
    assert len(found) == 2
    assert found[1] == pytest.approx(isoperimetric_quotient(ball, ISOTROPIC))
    assert component_compactness(np.zeros((5, 5, 5), dtype=bool), ISOTROPIC) == []


def test_a_single_row_of_voxels_has_components_too() -> None:
    row = np.array([[[1, 0, 1, 1, 0, 1, 1]]], dtype=bool)
    assert len(component_compactness(row, (5.0, 5.0, 5.0))) == 3
