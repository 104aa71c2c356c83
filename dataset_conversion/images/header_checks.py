"""Checks of an image's header that are the same for all formats."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, ImageHeader

ROUNDING_TOLERANCE = 1e-5
"""Largest cosine between two image axes that is taken for exact; headers in single precision stay below it."""

SHEAR_TOLERANCE = 1e-2
"""Largest cosine that is taken for rounding, as by writers that keep two or three decimals. The cosine of a gantry tilt
of one degree is 0.017."""


def checked_header(path: Path, shape: Sequence[int], affine: FloatArray, patient_id: str | None = None) -> ImageHeader:
    """Check the size and the axes of an image.

    Args:
        path: The file or folder, for the messages.
        shape: Voxels along the stored axes x, y, z and any further axes.
        affine: Voxel index (x, y, z) to LPS mm, 4x4.
        patient_id: Pseudonym of the patient, if the image has one.

    Returns:
        The header, with axes at right angles.

    Raises:
        InputError: If the image is not 3-D (trailing axes of one voxel are fine), is empty, or its axes are not at
            right angles.
    """
    size = _check_shape(path, tuple(shape))
    straight, warnings = _right_angled(path, affine, size)
    return ImageHeader(path=path, shape=size, affine=straight, patient_id=patient_id, warnings=warnings)


def _check_shape(path: Path, shape: tuple[int, ...]) -> tuple[int, int, int]:
    spatial, further = shape[:3], shape[3:]
    if len(spatial) < 3 or any(size != 1 for size in further):
        raise InputError(f"{path}: {len(shape)}-D image of shape {shape}; expected one 3-D volume")
    if 0 in spatial:
        raise InputError(f"{path}: no voxels, shape {shape}; expected one 3-D volume")
    x, y, z = spatial
    return z, y, x


def _right_angled(path: Path, affine: FloatArray, shape: tuple[int, int, int]) -> tuple[FloatArray, tuple[str, ...]]:
    """The affine with axes at right angles, and a warning if it had to be changed."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not (spacing > 0).all():
        raise InputError(f"{path}: affine {affine[:3].tolist()}; expected finite values and spacings above 0")
    directions = affine[:3, :3] / spacing
    cosine = float(np.abs(directions.T @ directions - np.eye(3)).max())
    if cosine > SHEAR_TOLERANCE:
        angle = np.degrees(np.arcsin(min(cosine, 1.0)))
        raise InputError(
            f"{path}: sheared axes (gantry tilt), {angle:.1f} degrees off (cosine {cosine:.4f}); "
            "expected right angles; resample the image first"
        )
    if cosine <= ROUNDING_TOLERANCE:
        return affine, ()
    warning = f"{path}: axes with a cosine of {cosine:.1e} between them, straightened to right angles"
    return _straighten(affine, directions, spacing, shape), (warning,)


def _straighten(
    affine: FloatArray, directions: FloatArray, spacing: FloatArray, shape: tuple[int, int, int]
) -> FloatArray:
    """The affine with the nearest orthogonal directions (polar decomposition). The image's centre stays in place."""
    left, _, right = np.linalg.svd(directions)
    centre = (np.array(shape[::-1]) - 1) / 2
    straight = affine.copy()
    straight[:3, :3] = (left @ right) * spacing
    straight[:3, 3] += (affine[:3, :3] - straight[:3, :3]) @ centre
    return straight
