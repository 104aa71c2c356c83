"""Lungs, airways and the diaphragm."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.tissue.chest import Diaphragm, draw_diaphragm, paint_airways, paint_lungs


@pytest.fixture(scope="module")
def diaphragm(phantom: Phantom) -> Diaphragm:
    return draw_diaphragm(np.random.default_rng(0), phantom)


@pytest.fixture(scope="module")
def air(phantom: Phantom, diaphragm: Diaphragm) -> np.ndarray:
    """Where the lungs are."""
    volume = _paint(phantom, diaphragm)
    assert volume.min() >= phantom.settings.chest.lung[0] - 1
    return volume < -700


def test_lungs_are_in_the_chest_and_not_in_the_belly(air: np.ndarray, phantom: Phantom) -> None:
    share = air.mean(axis=(1, 2))
    high, low = (round(phantom.levels.z[level] / phantom.grid.spacing[0]) for level in ("T7", "L3"))
    assert share[high] > 0.12
    assert share[low] == 0


def test_lungs_lie_on_both_sides_inside_the_chest_wall_and_off_the_spine(air: np.ndarray, phantom: Phantom) -> None:
    box = phantom.grid.whole
    outline, distance = phantom.outline(box), phantom.off_column(box)
    assert outline.below_wall[air].min() > 0
    assert distance[air].min() > -2
    middle = round(phantom.torso.x / phantom.grid.spacing[2])
    left, right = air[:, :, middle:].sum(), air[:, :, :middle].sum()
    assert 0.5 < left / right < 2


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"gap": (0.0, 0.0), "strait": 3.0}, (0.95, -1.3)),
        ({"gap": (-3.0, -3.0)}, (1.15, 0.0)),
    ],
)
def test_lungs_can_touch_the_bodies(
    phantom: Phantom, diaphragm: Diaphragm, changed: dict[str, Any], place: tuple[float, float]
) -> None:
    """`place` is beside and behind the middle of a body, in half widths and half depths."""
    assert _air_share(_with_chest(phantom, **changed), diaphragm, *place) > 0.6
    assert _air_share(phantom, diaphragm, *place) < 0.05


def test_the_gutter_keeps_lungs_off_the_arches(phantom: Phantom, diaphragm: Diaphragm) -> None:
    assert _air_share(phantom, diaphragm, 2.2, 1.2) > 0.9
    assert _air_share(_with_chest(phantom, gutter=1.0), diaphragm, 2.2, 1.2) < 0.1


def test_the_surface_of_the_lung_wobbles(phantom: Phantom, diaphragm: Diaphragm, air: np.ndarray) -> None:
    changed = _paint(_with_chest(phantom, wobble=3.0), diaphragm) < -700
    assert 0.01 < (changed != air).sum() / air.sum() < 0.3


def _with_chest(phantom: Phantom, **changed: Any) -> Phantom:
    chest = replace(phantom.settings.chest, **changed)
    return replace(phantom, settings=replace(phantom.settings, chest=chest))


def _air_share(phantom: Phantom, diaphragm: Diaphragm, beside: float, behind: float) -> float:
    """Share of air on both sides of T7 to T9 at a place in half widths and half depths from the middle of the body."""
    volume, grid = _paint(phantom, diaphragm), phantom.grid
    column = phantom.column(grid.whole)
    low, high = (round(phantom.levels.z[level] / grid.spacing[0]) for level in ("T9", "T7"))
    found = []
    for z in range(low, high + 1):
        y = column.y[z, 0, 0] + behind * column.half_depth[z, 0, 0]
        for side in (-1, 1):
            x = column.x[z, 0, 0] + side * beside * column.half_width[z, 0, 0]
            found.append(volume[z, round(y / grid.spacing[1]), round(x / grid.spacing[2])] < -400)
    return float(np.mean(found))


def _paint(phantom: Phantom, diaphragm: Diaphragm) -> np.ndarray:
    volume = np.zeros(phantom.grid.shape, np.float32)
    paint_lungs(volume, np.random.default_rng(0), phantom, diaphragm)
    return volume


def test_lungs_lie_above_the_diaphragm(air: np.ndarray, phantom: Phantom, diaphragm: Diaphragm) -> None:
    box = phantom.grid.whole
    above = phantom.grid.points(box)[2] - diaphragm.height(phantom, box)
    assert above[air].min() > -phantom.grid.edge


def test_the_right_dome_is_higher(phantom: Phantom) -> None:
    for seed in range(10):
        diaphragm = draw_diaphragm(np.random.default_rng(seed), phantom)
        assert diaphragm.floor < diaphragm.left_top < diaphragm.right_top
    height = diaphragm.height(phantom, phantom.grid.whole)
    assert height.shape == (1, *phantom.grid.shape[1:])
    assert height.max() <= diaphragm.right_top + 120, "the floor rises towards the front"


def test_the_windpipe_is_air_in_front_of_the_upper_thoracic_bodies(phantom: Phantom) -> None:
    volume = np.zeros(phantom.grid.shape, np.float32)
    paint_airways(volume, phantom)
    fork = phantom.levels.z[phantom.settings.chest.carina]
    rows = np.nonzero((volume < -500).any(axis=(1, 2)))[0] * phantom.grid.spacing[0]
    assert rows.size > 0
    assert rows.min() > fork - 60
