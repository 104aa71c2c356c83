"""Arms lie beside the torso."""

from dataclasses import replace

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.tissue import ArmSettings
from dataset_conversion.phantom.tissue.arms import paint_arms

AIR = -1000.0


def with_arms(phantom: Phantom, arms: ArmSettings) -> Phantom:
    return replace(phantom, settings=replace(phantom.settings, arms=arms))


def test_arms_are_fat_muscle_and_bone_outside_the_torso(phantom: Phantom, rng: np.random.Generator) -> None:
    volume = np.full(phantom.grid.shape, AIR, np.float32)
    arms = ArmSettings(chance=1.0, gap=(-60.0, -60.0), radius=(36.0, 36.0))
    paint_arms(volume, rng, with_arms(phantom, arms), 900.0)
    painted = volume > AIR + 1
    assert painted.any()
    x = phantom.grid.points(phantom.grid.whole)[0]
    beside = np.broadcast_to(np.abs(x - phantom.torso.x), volume.shape)[painted]
    assert beside.min() > phantom.torso.half_width - 65
    assert volume[painted].min() >= AIR
    assert volume.max() > 100


def test_there_are_none_by_default(phantom: Phantom, rng: np.random.Generator) -> None:
    volume = np.full(phantom.grid.shape, AIR, np.float32)
    paint_arms(volume, rng, phantom, 900.0)
    assert np.all(volume == AIR)
