"""Painting densities into a volume with the partial volume effect."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.shapes.grid import Array, Box


def coverage(depth: Array, edge: float) -> Array:
    """The share of each voxel that is inside a surface, from the signed distance `depth` (positive inside)."""
    return np.asarray(np.clip(depth / np.float32(edge) + np.float32(0.5), 0, 1), dtype=np.float32)


def blend(volume: Array, box: Box, share: Array, density: Array | float) -> None:
    """Replace `share` of the density of the voxels in `box` by `density`, in place."""
    part = volume[box]
    part += share * (density - part)


def paint_bone(
    volume: Array, box: Box, depth: Array, edge: float, thickness: Array | float, cortical: float, inner: Array | float
) -> None:
    """Paint a shell of cortical bone around bone of density `inner`, in place.

    Each voxel is the mean of background, shell and core, weighted by their shares of its volume, so that a shell
    thinner than a voxel is as faint as in a scan.

    Args:
        volume: Density of all voxels in HU.
        box: The voxels to paint.
        depth: Signed distance from the surface of the bone in mm, positive inside.
        edge: Width of the partial volume in mm.
        thickness: Thickness of the shell in mm.
        cortical: Density of the shell in HU.
        inner: Density of the core in HU.
    """
    share, core = coverage(depth, edge), coverage(depth - np.asarray(thickness, dtype=np.float32), edge)
    core_share = core / np.maximum(share, np.float32(1e-6))
    blend(volume, box, share, np.float32(cortical) + core_share * (inner - np.float32(cortical)))
