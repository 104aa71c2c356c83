"""Painting densities into a volume, with partial volume effect."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.shapes.grid import Array, Box


def coverage(depth: Array, edge: float) -> Array:
    """Share of each voxel that lies inside a surface, from the signed distance `depth` (positive inside)."""
    return np.asarray(np.clip(depth / np.float32(edge) + np.float32(0.5), 0, 1), dtype=np.float32)


def blend(volume: Array, box: Box, share: Array, density: Array | float) -> None:
    """Replace `share` of the volume's density inside `box` by `density`, in place."""
    part = volume[box]
    part += share * (density - part)


def paint_bone(
    volume: Array, box: Box, depth: Array, edge: float, thickness: Array | float, cortical: float, inner: Array | float
) -> None:
    """Paint a shell of cortical bone, `thickness` mm deep, around bone of density `inner`, in place.

    A voxel holds background, shell and core by their shares of its volume, so that a shell thinner than a voxel
    is as faint as in a scan.
    """
    share, core = coverage(depth, edge), coverage(depth - np.asarray(thickness, dtype=np.float32), edge)
    core_share = core / np.maximum(share, np.float32(1e-6))
    blend(volume, box, share, np.float32(cortical) + core_share * (inner - np.float32(cortical)))
