"""The pelvis: sacrum, hip bones and the upper ends of the femora, and the muscle around these."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.pelvic_bones import PelvicBoneSettings
from dataset_conversion.phantom.shapes.frames import Frame, frame_from_angles
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.unions import hollowed
from dataset_conversion.phantom.skeleton.bones import Bone, Placement, bone_depth, draw_placements, paint_solid
from dataset_conversion.phantom.skeleton.sacrum import paint_sacrum, sacrum_depth

Sides = tuple[Placement, Placement]


def draw_pelvis(rng: np.random.Generator, s1: Body, settings: PelvicBoneSettings) -> Sides:
    """Draw where the left and the right hip bone lie."""
    return draw_placements(rng, s1.origin, pelvic_frame(rng, s1, settings), settings.variation)


def paint_pelvic_bones(
    volume: Array,
    rng: np.random.Generator,
    grid: Grid,
    s1: Body,
    sides: Sides,
    bones: tuple[Bone, Bone],
    settings: PelvicBoneSettings,
) -> None:
    """Paint sacrum, hip bones and femora.

    Args:
        volume: Density of all voxels in HU.
        rng: Source of random numbers.
        grid: The voxels.
        s1: The body of S1.
        sides: Where the hip bones lie.
        bones: Densities of the sacrum, and of the hip bones and femora.
        settings: The bones.
    """
    bone, hip = bones
    gap, shell = rng.uniform(*settings.joint_gap), rng.uniform(*settings.femoral_shell)
    marrow = rng.uniform(*settings.femoral_marrow)
    middle = placement_of_sacrum(s1, sides[0])
    sacrum = sacrum_depth(grid, s1, middle, settings)
    for side in sides:
        solid = hollowed(bone_depth(grid, side, settings.hip_bone), sacrum, gap)
        paint_solid(volume, rng, grid, solid, hip, settings.hip_bone.cortical_thickness)
        _paint_femur(volume, rng, grid, side.moved(settings.hip_centre), hip, (shell, marrow), settings)
    paint_sacrum(volume, rng, grid, s1, middle, sacrum, bone, settings)


def pelvic_frame(rng: np.random.Generator, s1: Body, settings: PelvicBoneSettings) -> Frame:
    """The axes of the hip bones: they follow the slope of S1 in part."""
    up = s1.frame.up
    slope = -float(np.degrees(np.arctan2(up[1], up[2])))
    lean = -settings.slope_share * (slope - settings.reference_slope) + settings.tilt.draw(rng)
    coronal = float(np.degrees(np.arctan2(up[0], up[2])))
    axial = float(np.degrees(np.arctan2(-s1.frame.posterior[0], s1.frame.posterior[1])))
    return frame_from_angles(lean, coronal, axial)


def placement_of_sacrum(s1: Body, side: Placement) -> Placement:
    """The placement of the sacrum: the size of the hip bones, in the axes of S1."""
    axes = np.stack([s1.frame.left, s1.frame.posterior, s1.frame.up], axis=1)
    return replace(side, origin=s1.origin, matrix=axes * float(np.cbrt(np.abs(np.linalg.det(side.matrix)))))


def _paint_femur(
    volume: Array,
    rng: np.random.Generator,
    grid: Grid,
    placement: Placement,
    bone: Bone,
    shaft: tuple[float, float],
    settings: PelvicBoneSettings,
) -> None:
    """Paint a femur whose shell is thin at the head and thick at the shaft."""
    solid = bone_depth(grid, placement, settings.femur)
    box, depth = solid
    if not depth.size:
        return
    below = np.clip((placement.origin[2] - 20.0 - grid.points(box)[2]) / 45, 0, 1).astype(np.float32)
    (shell, marrow), thin = shaft, settings.femur.cortical_thickness
    thickness = np.float32(thin) + below * np.float32(shell - thin)
    inner = np.float32(bone.trabecular) + below * np.float32(marrow - bone.trabecular)
    paint_solid(volume, rng, grid, solid, bone, thickness, inner)
