"""The body of a drawn vertebra with a canal, arch and processes, on several grids and from several directions."""

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.label_maps.body_parts import BodySettings, find_body
from dataset_conversion.spine.geometry import index_to_world
from tests.dataset_conversion.conftest import lps_affine

CENTRE = np.array([10.0, -20.0, 30.0])
HALF = np.array([18.0, 14.0, 12.0])
"""Half width, depth and height of the body in mm."""
UP = np.array([0.0, 0.0, 1.0])


def turn(degrees: float, first: int, second: int) -> npt.NDArray[np.float64]:
    angle = np.radians(degrees)
    matrix = np.eye(3)
    matrix[[first, second], [first, second]] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix


def drawn(
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    turned: npt.NDArray[np.float64] | None = None,
    height: float = HALF[2],
    gap: float = 0.0,
    arch: bool = True,
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.float64]]:
    """Voxel indices of a vertebra, and the affine of their grid.

    Args:
        spacing: (z, y, x) in mm.
        turned: Rotation of the vertebra about its centre.
        height: Half height of the body in mm.
        gap: Width of a gap in the middle of the arch in mm.
        arch: Whether there is more than the body.
    """
    size = np.ceil(140 / np.array(spacing)).astype(int)
    affine = lps_affine(spacing, (CENTRE[0] - 70, CENTRE[1] - 70, CENTRE[2] - 70))
    indices = np.argwhere(np.ones(size, dtype=bool))
    x, y, z = ((index_to_world(affine, indices) - CENTRE) @ (np.eye(3) if turned is None else turned)).T
    inside = (x / HALF[0]) ** 2 + (y / HALF[1]) ** 2 <= 1
    inside &= np.abs(z) <= height
    if arch:
        canal = (x / 11) ** 2 + ((y - 22) / 9) ** 2 <= 1
        ring = ((x / 17) ** 2 + ((y - 22) / 15) ** 2 <= 1) & (np.abs(z - 2) <= 8) & (y > 10)
        spinous = (np.abs(x) < 4) & (y > 36) & (y < 62) & (np.abs(z + 8) < 9)
        transverse = (np.abs(y - 24) < 4) & (np.abs(z) < 5) & (np.abs(x) < 38) & (np.abs(x) > 12)
        inside |= (ring | spinous | transverse) & ~canal & ~((y > 22) & (np.abs(x) < gap / 2))
    return indices[inside], affine


def error(
    indices: npt.NDArray[np.integer], affine: npt.NDArray[np.float64], up: npt.NDArray[np.float64] | None
) -> float:
    body = find_body(indices, affine, up)
    assert body is not None
    return float(np.linalg.norm(body.centre - CENTRE))


@pytest.mark.parametrize(
    "spacing", [(1.0, 1.0, 1.0), (2.5, 0.7, 0.7), (5.0, 1.0, 1.0), (1.0, 1.0, 3.0), (3.0, 3.0, 3.0)]
)
@pytest.mark.parametrize("up", [UP, None], ids=["up", "alone"])
def test_the_centre_on_every_grid(spacing: tuple[float, float, float], up: npt.NDArray[np.float64] | None) -> None:
    indices, affine = drawn(spacing)
    assert error(indices, affine, up) < 1.5
    whole = index_to_world(affine, indices).mean(axis=0)
    assert np.linalg.norm(whole - CENTRE) > 6  # The mean of the whole vertebra would not do.


@pytest.mark.parametrize("height", [4.0, 8.0, 14.0])
def test_a_collapsed_body(height: float) -> None:
    assert error(*drawn(height=height), UP) < 2


@pytest.mark.parametrize(("first", "second"), [(1, 2), (0, 1)], ids=["tilted", "rotated"])
@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_turned_vertebra(degrees: float, first: int, second: int) -> None:
    turned = turn(degrees, first, second)
    indices, affine = drawn(turned=turned)
    assert error(indices, affine, turned @ UP) < 2
    assert error(indices, affine, None) < 2


def test_the_neighbours_need_not_give_the_direction_exactly() -> None:
    indices, affine = drawn()
    for degrees in (-25, 25):
        assert error(indices, affine, turn(degrees, 1, 2) @ UP) < 2


@pytest.mark.parametrize("gap", [2.0, 4.0, 6.0])
def test_a_gap_in_the_arch_is_closed(gap: float) -> None:
    assert error(*drawn(gap=gap), UP) < 1.5


def test_a_body_alone() -> None:
    indices, affine = drawn(arch=False)
    body = find_body(indices, affine, UP)
    assert body is not None
    assert len(body.indices) == len(indices)
    assert np.linalg.norm(body.centre - CENTRE) < 0.1
    assert body.area == pytest.approx(np.pi * HALF[0] * HALF[1], rel=0.1)


def test_nothing_is_guessed_without_a_canal() -> None:
    indices, affine = drawn(gap=22.0)
    assert find_body(indices, affine, UP) is None


def test_the_body_has_its_own_voxels_and_area() -> None:
    indices, affine = drawn()
    body = find_body(indices, affine, UP)
    assert body is not None
    places = index_to_world(affine, body.indices) - CENTRE
    assert places[:, 1].max() < 15
    assert len(body.indices) == pytest.approx(np.pi * HALF[0] * HALF[1] * 2 * HALF[2], rel=0.1)
    assert body.area == pytest.approx(np.pi * HALF[0] * HALF[1], rel=0.15)


def test_a_larger_least_canal_is_not_found() -> None:
    indices, affine = drawn()
    assert find_body(indices, affine, UP, BodySettings(least_canal=600.0)) is None
