"""The contents of the chest: heart, vessels, oesophagus, and the streaks of undiluted contrast medium."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.thorax import ThoraxSettings
from dataset_conversion.phantom.thorax.contents import paint_thorax
from dataset_conversion.phantom.thorax.great_vessels import Injection, add_streaks_of_veins, draw_blood
from dataset_conversion.phantom.thorax.mediastinum import Mediastinum
from dataset_conversion.phantom.tissue.chest import Diaphragm
from dataset_conversion.phantom.tissue.vessels import paint_vessels

LUNG = -850.0
PLAIN = ThoraxSettings(
    pulmonary=(600.0, 600.0),
    muscle=(100.0, 100.0),
    difference=(1.0, 1.0),
    heart_edge=(1.0, 1.0),
    lift=(0.0, 0.0),
    heart_size=(1.0, 1.0),
)
BLOOD = {"artery": 300.0, "vein": 50.0}


def with_thorax(phantom: Phantom, thorax: ThoraxSettings | None) -> Phantom:
    return replace(phantom, settings=replace(phantom.settings, thorax=thorax))


def paint(phantom: Phantom, thorax: ThoraxSettings | None) -> tuple[np.ndarray, Injection | None]:
    phantom = with_thorax(phantom, thorax)
    volume = np.full(phantom.grid.shape, LUNG, np.float32)
    rng = np.random.default_rng(0)
    aorta, _ = paint_vessels(volume, rng, phantom)
    volume[:] = LUNG
    top, floor = phantom.levels.z["T11"], phantom.levels.z["L2"]
    return volume, paint_thorax(volume, rng, phantom, Diaphragm(top, top, floor), aorta, BLOOD)


@pytest.fixture(scope="module")
def painted(phantom: Phantom) -> np.ndarray:
    return paint(phantom, PLAIN)[0]


def test_without_settings_nothing_is_painted(phantom: Phantom) -> None:
    volume, injection = paint(phantom, None)
    assert np.all(volume == LUNG)
    assert injection is None


def test_both_halves_of_the_heart_hold_their_own_blood_in_muscle(painted: np.ndarray, phantom: Phantom) -> None:
    place, spacing = Mediastinum(phantom, 0.0), phantom.grid.spacing
    for left, front, expected in ((46.0, 0.52, 300.0), (16.0, 0.78, 600.0)):
        z, y, x = np.rint(place.at(("T8", left, front, -8.0))[::-1] / spacing).astype(int)
        assert painted[z, y, x] == pytest.approx(expected, abs=1)
    assert np.sum(np.abs(painted - 100) < 1) > 1000


def test_nothing_is_painted_behind_the_column(painted: np.ndarray, phantom: Phantom) -> None:
    column = phantom.column(phantom.grid.whole)
    _, y, _ = phantom.grid.points(phantom.grid.whole)
    mediastinal = np.abs(phantom.grid.points(phantom.grid.whole)[2] - phantom.levels.z["T8"]) < 40
    behind = np.broadcast_to((y > column.y + column.half_depth) & mediastinal, painted.shape)
    x = phantom.grid.points(phantom.grid.whole)[0]
    near = np.broadcast_to(np.abs(x - column.x) < 20, painted.shape)
    assert np.all(painted[behind & near] == LUNG)


def test_lungs_have_branching_vessels(painted: np.ndarray, phantom: Phantom) -> None:
    x = phantom.grid.points(phantom.grid.whole)[0]
    far = np.broadcast_to(np.abs(x - phantom.torso.x) > 75, painted.shape)
    assert 0.0005 < np.mean(painted[far] > 0) < 0.1


def test_the_oesophagus_is_open_in_part(phantom: Phantom) -> None:
    shut, _ = paint(phantom, replace(PLAIN, oesophagus_open=(0.0, 0.0), lung_branches=(0, 0)))
    air = replace(PLAIN, oesophagus_open=(1.0, 1.0), oesophagus_air_chance=1.0, oesophagus_radius=(12.0, 12.0))
    opened, _ = paint(phantom, replace(air, lung_branches=(0, 0)))
    assert np.sum(opened < -900) > np.sum(shut < -900)


def test_an_injection_makes_the_veins_of_one_arm_dense() -> None:
    rng = np.random.default_rng(0)
    mixed, side = draw_blood(rng, BLOOD, replace(PLAIN, injection_chance=1.0, left_chance=1.0))
    assert side == "left vein"
    assert mixed["left vein"] >= 500
    assert mixed["right vein"] == 50
    assert mixed["left vein"] >= mixed["upper cava"] >= 50
    assert draw_blood(rng, BLOOD, PLAIN)[1] is None


def test_streaks_surround_the_dense_veins_and_change_nothing_far_from_them(phantom: Phantom) -> None:
    phantom = with_thorax(phantom, PLAIN)
    volume = np.zeros(phantom.grid.shape, np.float32)
    rng = np.random.default_rng(0)
    add_streaks_of_veins(volume, rng, phantom, None)
    assert not volume.any()
    add_streaks_of_veins(volume, rng, phantom, Injection(Mediastinum(phantom, 0.0), "left vein"))
    z, y, x = np.rint(Mediastinum(phantom, 0.0).at(("T7", -30, 0.5, 0))[::-1] / phantom.grid.spacing).astype(int)
    assert np.abs(volume[z - 2 : z + 3, y - 10 : y + 10, x - 10 : x + 10]).max() > 5
    assert not volume[round(phantom.levels.z["L2"] / phantom.grid.spacing[0])].any()


def test_the_chest_is_deeper_in_deeper_patients(phantom: Phantom) -> None:
    deep = replace(phantom, torso=replace(phantom.torso, half_depth=1.4 * phantom.torso.half_depth))
    near, far = (Mediastinum(one, 0.0).at(("T8", 0.0, 0.5, 0.0)) for one in (phantom, deep))
    assert near[1] - far[1] > 15
