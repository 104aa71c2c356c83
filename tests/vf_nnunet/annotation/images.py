"""Small CTs for the page."""

from pathlib import Path

import nibabel
import numpy as np

SHAPE = (40, 50, 60)
"""Voxels along the stored axes."""

MARKED = 2900
"""Hounsfield units of the voxel that a test looks for; no other voxel is as bright."""

LPS_AXES = np.diag([-1.0, -1.0, 1.0, 1.0])
"""RAS affine of an image whose axes run to L, P and S."""


def write_ct(path: Path, affine: np.ndarray = LPS_AXES, marked: tuple[int, int, int] | None = None) -> Path:
    """A CT of noise with one bright voxel."""
    voxels = np.random.default_rng(0).integers(-900, 1200, SHAPE).astype(np.int16)
    if marked is not None:
        voxels[marked] = MARKED
    image = nibabel.Nifti1Image(voxels, affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)
    return path


def lps(affine: np.ndarray, index: tuple[int, int, int]) -> np.ndarray:
    """LPS mm of a stored voxel, from the RAS affine of its file."""
    return np.asarray((affine @ [*index, 1.0])[:3] * [-1, -1, 1])
