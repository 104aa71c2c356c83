"""Aorta, vena cava and iliac vessels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import label

from dataset_conversion.phantom.anatomy.phantom import Scene
from dataset_conversion.phantom.tissue.vessels import paint_vessels


def paint(scene: Scene, calcification_chance: float) -> np.ndarray:
    vessels = replace(scene.settings.vessels, calcification_chance=calcification_chance)
    scene = replace(scene, settings=replace(scene.settings, vessels=vessels))
    volume = np.full(scene.grid.shape, -90, np.float32)
    paint_vessels(volume, np.random.default_rng(0), scene)
    return volume


@pytest.fixture(scope="module")
def blood(scene: Scene) -> np.ndarray:
    return paint(scene, 0.0)


def test_blood_is_enhanced(blood: np.ndarray, scene: Scene) -> None:
    low, high = scene.settings.vessels.enhanced
    assert low <= blood.max() <= high
    plain = paint(replace(scene, enhanced=False), 0.0)
    assert 35 <= plain.max() <= 55


def test_vessels_lie_before_the_bodies_and_part_below_the_fork(blood: np.ndarray, scene: Scene) -> None:
    widths = {}
    for level in ("L1", "S1"):
        rows, columns = np.nonzero(blood[round(scene.heights.z[level] / scene.grid.spacing[0])] > 40)
        assert rows.max() * scene.grid.spacing[1] < scene.middle(level)[1]
        widths[level] = np.ptp(columns) * scene.grid.spacing[2]
    assert 30 < widths["L1"] < 65
    assert widths["S1"] > widths["L1"]
    z, _, x = np.rint(scene.middle("S2")[::-1] / scene.grid.spacing).astype(int)
    assert not np.any(blood[z, :, x - 3 : x + 4] > 40)


def test_two_vessels_run_along_the_chest(blood: np.ndarray, scene: Scene) -> None:
    row = round(scene.heights.z["T10"] / scene.grid.spacing[0])
    _, count = label(blood[row] > 40, structure=np.ones((3, 3)))
    assert count == 2


def test_the_aorta_is_on_the_left_of_the_cava(blood: np.ndarray, scene: Scene) -> None:
    row = round(scene.heights.z["L1"] / scene.grid.spacing[0])
    columns = np.nonzero(blood[row] > 40)[1] * scene.grid.spacing[2] - scene.middle("L1")[0]
    assert columns.min() < -8
    assert columns.max() > 8


def test_calcified_walls_are_bright(scene: Scene) -> None:
    assert paint(scene, 1.0).max() > 200
