"""Aorta, vena cava and iliac vessels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import label

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.tissue.vessels import paint_vessels


def paint(phantom: Phantom, calcification_chance: float) -> np.ndarray:
    vessels = replace(phantom.settings.vessels, calcification_chance=calcification_chance)
    phantom = replace(phantom, settings=replace(phantom.settings, vessels=vessels))
    volume = np.full(phantom.grid.shape, -90, np.float32)
    paint_vessels(volume, np.random.default_rng(0), phantom)
    return volume


@pytest.fixture(scope="module")
def blood(phantom: Phantom) -> np.ndarray:
    return paint(phantom, 0.0)


def test_blood_is_enhanced(blood: np.ndarray, phantom: Phantom) -> None:
    low, high = phantom.settings.vessels.enhanced
    assert low <= blood.max() <= high
    plain = paint(replace(phantom, enhanced=False), 0.0)
    assert 35 <= plain.max() <= 55


def test_vessels_lie_in_front_of_the_bodies_and_separate_below_the_fork(blood: np.ndarray, phantom: Phantom) -> None:
    widths = {}
    for level in ("L1", "S1"):
        rows, columns = np.nonzero(blood[round(phantom.levels.z[level] / phantom.grid.spacing[0])] > 40)
        assert rows.max() * phantom.grid.spacing[1] < phantom.middle(level)[1]
        widths[level] = np.ptp(columns) * phantom.grid.spacing[2]
    assert 30 < widths["L1"] < 65
    assert widths["S1"] > widths["L1"]
    z, _, x = np.rint(phantom.middle("S2")[::-1] / phantom.grid.spacing).astype(int)
    assert not np.any(blood[z, :, x - 3 : x + 4] > 40)


def test_two_vessels_run_along_the_chest(blood: np.ndarray, phantom: Phantom) -> None:
    row = round(phantom.levels.z["T10"] / phantom.grid.spacing[0])
    _, count = label(blood[row] > 40, structure=np.ones((3, 3)))
    assert count == 2


def test_the_aorta_is_on_the_left_of_the_cava(blood: np.ndarray, phantom: Phantom) -> None:
    row = round(phantom.levels.z["L1"] / phantom.grid.spacing[0])
    columns = np.nonzero(blood[row] > 40)[1] * phantom.grid.spacing[2] - phantom.middle("L1")[0]
    assert columns.min() < -8
    assert columns.max() > 8


def test_calcified_walls_are_bright(phantom: Phantom) -> None:
    assert paint(phantom, 1.0).max() > 200
