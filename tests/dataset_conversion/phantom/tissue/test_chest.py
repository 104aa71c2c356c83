"""Lungs above a diaphragm."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Scene
from dataset_conversion.phantom.tissue.chest import Diaphragm, draw_diaphragm, paint_airways, paint_lungs


@pytest.fixture(scope="module")
def diaphragm(scene: Scene) -> Diaphragm:
    return draw_diaphragm(np.random.default_rng(0), scene)


@pytest.fixture(scope="module")
def air(scene: Scene, diaphragm: Diaphragm) -> np.ndarray:
    """Where the lungs are."""
    volume = np.zeros(scene.grid.shape, np.float32)
    paint_lungs(volume, np.random.default_rng(0), scene, diaphragm)
    assert volume.min() >= scene.settings.chest.lung[0] - 1
    return volume < -700


def test_lungs_are_in_the_chest_and_not_in_the_belly(air: np.ndarray, scene: Scene) -> None:
    share = air.mean(axis=(1, 2))
    high, low = (round(scene.heights.z[level] / scene.grid.spacing[0]) for level in ("T7", "L3"))
    assert share[high] > 0.12
    assert share[low] == 0


def test_they_lie_on_both_sides_inside_the_ribs_and_off_the_spine(air: np.ndarray, scene: Scene) -> None:
    box = scene.grid.whole
    outline, distance = scene.outline(box), scene.off_column(box)
    assert outline.below_wall[air].min() > 0
    assert distance[air].min() > -2
    middle = round(scene.torso.x / scene.grid.spacing[2])
    left, right = air[:, :, middle:].sum(), air[:, :, :middle].sum()
    assert 0.5 < left / right < 2


def test_they_lie_above_the_diaphragm(air: np.ndarray, scene: Scene, diaphragm: Diaphragm) -> None:
    box = scene.grid.whole
    above = scene.grid.points(box)[2] - diaphragm.height(scene, box)
    assert above[air].min() > -scene.grid.edge


def test_the_right_dome_is_higher(scene: Scene) -> None:
    for seed in range(10):
        diaphragm = draw_diaphragm(np.random.default_rng(seed), scene)
        assert diaphragm.floor < diaphragm.left_top < diaphragm.right_top
    height = diaphragm.height(scene, scene.grid.whole)
    assert height.shape == (1, *scene.grid.shape[1:])
    assert height.max() <= diaphragm.right_top + 120, "the floor rises towards the front"


def test_the_windpipe_is_air_before_the_upper_thoracic_bodies(scene: Scene) -> None:
    volume = np.zeros(scene.grid.shape, np.float32)
    paint_airways(volume, scene)
    fork = scene.heights.z[scene.settings.chest.carina]
    rows = np.nonzero((volume < -500).any(axis=(1, 2)))[0] * scene.grid.spacing[0]
    assert rows.size > 0
    assert rows.min() > fork - 60
