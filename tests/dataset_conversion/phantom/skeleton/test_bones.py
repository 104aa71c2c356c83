"""Bones placed on both sides."""

import numpy as np

from dataset_conversion.phantom.settings.bone_parts import BoneShape, BoneVariation, Part, Sheet
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.shapes.frames import frame_from_angles
from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.skeleton.bones import (
    FIELD_FRAME,
    Bone,
    bone_depth,
    both_sides,
    draw_placements,
    paint_solid,
)

ONE = Normal(1.0, 0.0, 1.0, 1.0)
MEAN = BoneVariation(size=ONE, stretch=0.0, thickness=ONE, shift=0.0)
ANY = BoneVariation(size=Normal(1.1, 0.0, 1.1, 1.1), stretch=0.05, thickness=Normal(1.2, 0.0, 1.2, 1.2), shift=0.0)
GRID = Grid(shape=(40, 40, 40), spacing=(1.0, 1.0, 1.0))
BALL = Part((8.0, 0.0, 2.0), (8.5, 0.0, 2.0), (5.0, 5.0))
ORIGIN = np.array([20.0, 20.0, 20.0])


def test_the_right_side_mirrors_the_left_one(rng: np.random.Generator) -> None:
    left, right = draw_placements(rng, ORIGIN, FIELD_FRAME, ANY)
    place = np.array([30.0, -7.0, 12.0])
    mirrored = (left.point(place) - ORIGIN) * [-1, 1, 1]
    np.testing.assert_allclose(right.point(place) - ORIGIN, mirrored)
    assert left.thickness == right.thickness > 1.2


def test_points_of_the_midline_stay_there(rng: np.random.Generator) -> None:
    for side in draw_placements(rng, ORIGIN, FIELD_FRAME, ANY):
        assert side.point((0.0, 25.0, -40.0))[0] == ORIGIN[0]


def test_a_bone_turns_with_its_frame(rng: np.random.Generator) -> None:
    frame = frame_from_angles(20.0, 5.0, -10.0)
    left, _ = draw_placements(rng, ORIGIN, frame, MEAN)
    np.testing.assert_allclose(left.point((3.0, 4.0, 5.0)), ORIGIN + frame.to_world(3.0, 4.0, 5.0))


def test_cavities_and_plates_belong_to_a_bone(rng: np.random.Generator) -> None:
    left, _ = draw_placements(rng, ORIGIN, FIELD_FRAME, MEAN)
    hole = Part((8.0, 0.0, 2.0), (8.5, 0.0, 2.0), (2.0, 2.0))
    plate = Sheet(rim=((-8.0, -8.0, 0.0, 1.5), (8.0, -8.0, 0.0, 1.5), (8.0, 8.0, 0.0, 1.5), (-8.0, 8.0, 0.0, 1.5)))
    box, depth = bone_depth(GRID, left, BoneShape(parts=(BALL,), sheet=plate, cavities=(hole,)))
    whole = np.full(GRID.shape, -6.0)
    whole[box] = depth
    assert whole[22, 20, 28] < 0 < whole[26, 20, 28]
    assert whole[20, 20, 14] > 0 > whole[25, 20, 14]


def test_parts_beside_the_midline_have_a_mirror_image() -> None:
    middle = Part((0.0, 0.0, 0.0), (0.0, 4.0, 0.0), (2.0, 2.0))
    parts = both_sides([BALL, middle])
    assert len(parts) == 3
    assert parts[2].start == (-8.0, 0.0, 2.0)


def test_a_solid_is_a_shell_around_trabecular_bone(rng: np.random.Generator) -> None:
    left, _ = draw_placements(rng, ORIGIN, FIELD_FRAME, MEAN)
    volume = np.zeros(GRID.shape, np.float32)
    bone = Bone(cortical=700.0, trabecular=100.0, texture_sd=0.0, texture_length=2.0)
    paint_solid(volume, rng, GRID, bone_depth(GRID, left, BoneShape(parts=(BALL,))), bone, 1.5)
    assert volume[22, 20, 28] == 100.0
    assert volume[22, 20, 20:40].max() > 500
    assert volume[22, 20, 5] == 0
