"""Checks of an image's header that are the same for all formats."""

from collections.abc import Iterable, Sequence
from math import prod

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, ImageHeader, spacing_of
from dataset_conversion.spine.image_source import ImageSource

LEAST_SPACING = 0.15
"""Finest plausible distance of voxels in mm. Clinical scanners reach 0.2 mm."""

MOST_SPACING = 30.0
"""Coarsest plausible distance of slices in mm."""

MOST_SECOND_SPACING = 8.0
"""Coarsest plausible distance of voxels in mm along the two finer axes."""

LEAST_EXTENT = 40.0
"""Least extent of a CT in mm along its longest axis: a vertebra of the spine with its processes."""

MOST_EXTENT = 2500.0
"""Largest plausible extent of a CT in mm: a whole body."""

MOST_VOXELS = 2**31
"""More voxels than any CT has: 2048 slices of 1024 x 1024."""

ROUNDING_TOLERANCE = 1e-5
"""Largest cosine between two image axes that is taken for exact; headers in single precision stay below it."""

SHEAR_TOLERANCE = 1e-2
"""Largest cosine that is taken for rounding, as by writers that keep two or three decimals. The cosine of a gantry tilt
of one degree is 0.017."""


def checked_header(
    path: ImageSource, shape: Sequence[int], affine: FloatArray, patient_id: str | None = None
) -> ImageHeader:
    """Check the size and the axes of an image.

    Args:
        path: The file or series, for the messages.
        shape: Voxels along the stored axes x, y, z and any further axes.
        affine: Voxel index (x, y, z) to LPS mm, 4x4.
        patient_id: Pseudonym of the patient, if the image has one.

    Returns:
        The header, with axes at right angles.

    Raises:
        InputError: If the image is not 3-D (trailing axes of one voxel are fine), is empty, or its axes are not at
            right angles, or its spacing or size is impossible.
    """
    size = _check_shape(path, tuple(shape))
    _check_scale(path, size, affine)
    straight, warnings = _right_angled(path, affine, size)
    warnings += _lost_geometry(path, affine)
    return ImageHeader(path=path, shape=size, affine=straight, patient_id=patient_id, warnings=warnings)


def check_field_of_view(path: ImageSource, shape: Sequence[int], affine: FloatArray) -> None:
    """Check that an image is large enough for a vertebra. One in metres or centimetres is not.

    Args:
        path: The file or series, for the message.
        shape: Voxels (z, y, x).
        affine: Voxel index (x, y, z) to LPS mm, 4x4.

    Raises:
        InputError: If it is smaller than `LEAST_EXTENT` along every axis, or one voxel thin.
    """
    extent = np.multiply(shape, spacing_of(affine))
    if extent.max() < LEAST_EXTENT or min(shape) < 2:
        raise InputError(
            f"{path}: {_times(shape)} voxels, {_times(extent)} mm (z, y, x); expected a volume of at least "
            f"{LEAST_EXTENT:g} mm: is the spacing in millimetres?"
        )


def _check_scale(path: ImageSource, shape: tuple[int, int, int], affine: FloatArray) -> None:
    """Refuse a spacing or size that no CT has, before memory is asked for."""
    spacing = np.array(spacing_of(affine))
    if not np.isfinite(affine).all() or not (spacing > 0).all():
        raise InputError(f"{path}: affine {affine[:3].tolist()}; expected finite values and spacings above 0")
    if spacing.min() < LEAST_SPACING or spacing.max() > MOST_SPACING or np.sort(spacing)[1] > MOST_SECOND_SPACING:
        raise InputError(
            f"{path}: spacing {_times(spacing)} mm (z, y, x); expected {LEAST_SPACING:g} to {MOST_SECOND_SPACING:g} "
            f"mm, slices up to {MOST_SPACING:g} mm: is it in millimetres?"
        )
    extent = np.multiply(shape, spacing)
    if extent.max() > MOST_EXTENT or prod(shape) > MOST_VOXELS:
        raise InputError(
            f"{path}: {_times(shape)} voxels, {_times(extent)} mm (z, y, x); expected at most {MOST_EXTENT:g} mm and "
            f"{MOST_VOXELS} voxels"
        )


def _times(numbers: Iterable[float]) -> str:
    return " x ".join(f"{number:.6g}" for number in numbers)


def _lost_geometry(path: ImageSource, affine: FloatArray) -> tuple[str, ...]:
    """A warning about an identity matrix, which programs write if they have lost spacing and orientation."""
    if not np.array_equal(np.abs(affine), np.eye(4)):
        return ()
    return (
        f"{path}: the affine is an identity matrix; expected the scanner's: check that 1 mm spacing, the orientation "
        "and the sides are right",
    )


def _check_shape(path: ImageSource, shape: tuple[int, ...]) -> tuple[int, int, int]:
    spatial, further = shape[:3], shape[3:]
    if len(spatial) < 3 or any(size != 1 for size in further):
        raise InputError(f"{path}: {len(shape)}-D image of shape {shape}; expected one 3-D volume")
    if 0 in spatial:
        raise InputError(f"{path}: no voxels, shape {shape}; expected one 3-D volume")
    x, y, z = spatial
    return z, y, x


def _right_angled(
    path: ImageSource, affine: FloatArray, shape: tuple[int, int, int]
) -> tuple[FloatArray, tuple[str, ...]]:
    """The affine with axes at right angles, and a warning if it had to be changed."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
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
