"""Sacrum and iliac bones."""

from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.pelvis import iliac_rods, paint_pelvis, sacral_elements
from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.bones import PelvisSettings


def test_left_and_right_mirror_each_other() -> None:
    sacrum = np.array([10.0, 20.0, 30.0])
    left, right = (iliac_rods(sacrum, sign, PelvisSettings()) for sign in (1.0, -1.0))
    for one, two in zip(left, right, strict=True):
        np.testing.assert_allclose((one.start - sacrum) * [-1, 1, 1], two.start - sacrum)
        np.testing.assert_allclose((one.end - sacrum) * [-1, 1, 1], two.end - sacrum)


def test_blades_are_close_enough_to_be_one_bone() -> None:
    settings = PelvisSettings()
    blades = iliac_rods(np.zeros(3), 1.0, settings)[: settings.blades]
    for one, two in pairwise(blades):
        assert np.linalg.norm(one.end - two.end) < 2 * settings.blade_radius
        assert np.linalg.norm(one.start - two.start) < 2 * settings.blade_radius


def test_sacral_wings_reach_the_iliac_bones(phantom: Phantom) -> None:
    settings = PelvisSettings()
    sacrum = next(body for body in phantom.bodies if body.level == "S1")
    reach = max(abs(rod.end[0]) + rod.radius for rod in sacral_elements(sacrum, settings))
    assert 40 < reach < 62


def test_the_pelvis_is_bone_around_the_sacrum_only(phantom: Phantom) -> None:
    volume = np.full(phantom.grid.shape, -90, np.float32)
    paint_pelvis(volume, phantom.grid, phantom.bodies, 700.0, PelvisSettings())
    bone = volume > 0
    low, high = (round(phantom.levels.z[level] / phantom.grid.spacing[0]) for level in ("S1", "L2"))
    assert np.ptp(np.nonzero(bone[low].any(axis=0))[0]) * phantom.grid.spacing[2] > 170
    assert not bone[high:].any()


def test_without_a_sacrum_there_is_no_pelvis(phantom: Phantom) -> None:
    volume = np.zeros(phantom.grid.shape, np.float32)
    lumbar = [body for body in phantom.bodies if not body.sacral]
    paint_pelvis(volume, phantom.grid, lumbar, 700.0, PelvisSettings())
    assert not volume.any()
