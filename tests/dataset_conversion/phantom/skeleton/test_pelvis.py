"""Sacrum, hip bones and femora: where they lie, and that they do not touch."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.pelvic_bones import PelvicBoneSettings
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.unions import Solid, hollowed
from dataset_conversion.phantom.skeleton.bones import Bone, bone_depth
from dataset_conversion.phantom.skeleton.pelvis import Sides, draw_pelvis, paint_pelvic_bones, placement_of_sacrum
from dataset_conversion.phantom.skeleton.sacrum import sacrum_depth

SETTINGS = PelvicBoneSettings()


@pytest.fixture(scope="module")
def s1(body: Phantom) -> Body:
    return next(one for one in body.bodies if one.level == "S1")


@pytest.fixture(scope="module")
def sides(s1: Body) -> Sides:
    return draw_pelvis(np.random.default_rng(3), s1, SETTINGS)


@pytest.fixture(scope="module")
def sacrum(body: Phantom, s1: Body, sides: Sides) -> Solid:
    return sacrum_depth(body.grid, s1, placement_of_sacrum(s1, sides[0]), SETTINGS)


def in_field(grid: Grid, solid: Solid) -> Array:
    depth = np.full(grid.shape, -6.0, np.float32)
    depth[solid[0]] = solid[1]
    return depth


def extent(grid: Grid, inside: np.ndarray, axis: int) -> float:
    places = np.nonzero(inside)[axis]
    return float(np.ptp(places) * grid.spacing[axis])


def test_the_sacrum_has_the_size_of_real_ones(body: Phantom, sacrum: Solid) -> None:
    inside = in_field(body.grid, sacrum) > 0
    assert 90 < extent(body.grid, inside, 2) < 135
    assert 75 < extent(body.grid, inside, 0) < 140


def test_the_alae_are_one_bone_with_the_body_of_s1(body: Phantom, s1: Body, sacrum: Solid) -> None:
    depth = in_field(body.grid, sacrum)
    for u in np.arange(-40.0, 41.0, 4.0):
        place = s1.origin + s1.frame.to_world(float(u), 6.0, -5.0)
        assert depth[tuple(np.rint(place[::-1] / body.grid.spacing).astype(int))] > 0


def test_the_sacral_canal_is_free(body: Phantom, s1: Body, sacrum: Solid) -> None:
    depth = in_field(body.grid, sacrum)
    for w in (-20.0, -10.0, 0.0, 10.0):
        place = s1.origin + s1.frame.to_world(0.0, 21.0 if w < -15 else 24.0, w)
        assert depth[tuple(np.rint(place[::-1] / body.grid.spacing).astype(int))] < 0


def test_hip_bones_meet_the_sacrum_at_a_gap(body: Phantom, sides: Sides, sacrum: Solid) -> None:
    middle = in_field(body.grid, sacrum)
    for side in sides:
        hip = in_field(body.grid, hollowed(bone_depth(body.grid, side, SETTINGS.hip_bone), sacrum, 2.0))
        assert not np.any((hip > 0) & (middle > -1.9))
        assert np.any((hip > 0) & (middle > -4.5))


def test_the_head_of_the_femur_lies_free_in_its_socket(body: Phantom, sides: Sides) -> None:
    for side in sides:
        hip = in_field(body.grid, bone_depth(body.grid, side, SETTINGS.hip_bone))
        head = bone_depth(body.grid, side.moved(SETTINGS.hip_centre), SETTINGS.femur)
        femur = in_field(body.grid, head)
        assert not np.any((hip > 0) & (femur > 0))
        assert np.any((hip > 0) & (femur > -5.5))


def test_the_crests_are_as_high_as_l4_or_l5(body: Phantom, sides: Sides) -> None:
    for side in sides:
        hip = in_field(body.grid, bone_depth(body.grid, side, SETTINGS.hip_bone)) > 0
        top = np.nonzero(hip)[0].max() * body.grid.spacing[0]
        assert body.levels.z["L5"] - 15 < top < body.levels.z["L4"] + 20


def test_both_pubic_bones_meet_in_the_midline(body: Phantom, sides: Sides) -> None:
    left, right = (in_field(body.grid, bone_depth(body.grid, side, SETTINGS.hip_bone)) > 0 for side in sides)
    gap = (np.nonzero(left)[2].min() - np.nonzero(right)[2].max()) * body.grid.spacing[2]
    assert -3 < gap < 14


def test_bone_is_painted_where_the_pelvis_is(
    body: Phantom, s1: Body, sides: Sides, sacrum: Solid, volume: Array, bone: Bone
) -> None:
    paint_pelvic_bones(volume, np.random.default_rng(4), body.grid, s1, sides, (bone, bone), SETTINGS)
    assert np.median(volume[in_field(body.grid, sacrum) > 4]) > 20
    assert volume.max() > 600
    above = round((body.levels.z["L2"]) / body.grid.spacing[0])
    assert np.all(volume[above:] == -90)
