"""Positions and densities of the organs."""

from collections.abc import Callable

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.tissue.chest import Diaphragm, draw_diaphragm
from dataset_conversion.phantom.tissue.organs import paint_organs, room


@pytest.fixture(scope="module")
def diaphragm(phantom: Phantom) -> Diaphragm:
    return draw_diaphragm(np.random.default_rng(0), phantom)


@pytest.fixture(scope="module")
def painted(phantom: Phantom, diaphragm: Diaphragm) -> np.ndarray:
    """Organs in a body of fat."""
    volume = np.full(phantom.grid.shape, -90, np.float32)
    paint_organs(volume, np.random.default_rng(1), phantom, diaphragm)
    return volume


@pytest.fixture(scope="module")
def at(phantom: Phantom, painted: np.ndarray) -> Callable[[str, tuple[float, float, float]], float]:
    """The density at an offset (x, y, z) in mm from a level's middle."""

    def look(level: str, offset: tuple[float, float, float]) -> float:
        place = phantom.middle(level) + offset
        return float(painted[tuple(np.rint(place[::-1] / phantom.grid.spacing).astype(int))])

    return look


def test_the_liver_is_on_the_right_and_the_spleen_on_the_left(at: Callable[..., float]) -> None:
    assert 90 <= at("T12", (-84, -38, 0)) <= 120
    assert 98 <= at("T12", (104, 2, 2)) <= 127


def test_kidneys_are_enhanced_and_alike(at: Callable[..., float]) -> None:
    right, left = at("L2", (-74, 16, 6)), at("L1", (74, 16, -6))
    assert 138 <= right <= 192
    assert right == pytest.approx(left)


def test_organs_keep_off_spine_and_wall(painted: np.ndarray, phantom: Phantom) -> None:
    box = phantom.grid.whole
    organ = painted > -60
    assert organ.mean() > 0.02
    assert phantom.off_column(box)[organ].min() > 0
    assert phantom.outline(box).below_wall[organ].min() > -1


def test_the_abdominal_room_ends_at_spine_wall_and_diaphragm(phantom: Phantom, diaphragm: Diaphragm) -> None:
    box = phantom.grid.whole
    belly, chest = (room(phantom, box, diaphragm, abdominal) for abdominal in (True, False))
    assert np.all((belly <= 0) | (chest <= 0))
    assert np.all(belly <= phantom.off_column(box) - phantom.settings.organs.clearance)
    assert np.all(belly <= phantom.outline(box).below_wall)
    z = np.broadcast_to(phantom.grid.points(box)[2], belly.shape)
    assert z[belly > 0].mean() < z[chest > 0].mean()


def test_the_stomach_holds_gas_in_front(painted: np.ndarray) -> None:
    assert painted.min() < -800
