"""The place of a NIfTI image in the patient: its matrices and units."""

from itertools import product
from typing import Any

import numpy as np

from dataset_conversion.spine.geometry import FloatArray, to_lps

MILLIMETRES = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
"""Millimetres per unit of length. Many programs leave the unit out and mean millimetres."""

MATRIX_TOLERANCE = 0.1
"""Largest distance in mm between the corners of an image by two matrices that count as the same. The quaternions of a
qform are in single precision."""


def nifti_affine(image: Any) -> tuple[FloatArray, tuple[str, ...]]:
    """Voxel index (x, y, z) to LPS mm, 4x4, and what a person should know about it, one sentence each.

    The sform is used where there is one, otherwise the qform, as nibabel does.

    Args:
        image: nibabel's image.
    """
    unit = _unit(image.header)
    scale = MILLIMETRES[unit]
    affine = np.array(image.affine, dtype=np.float64)
    affine[:3] *= scale
    warnings = [] if scale == 1 else [f"the unit is {unit}; converted to mm"]
    if image.header["sform_code"] and len(image.shape) >= 3 and np.isfinite(affine).all():
        warnings += _contradictions(image, affine, scale)
    return to_lps(affine), tuple(warnings)


def _unit(header: Any) -> str:
    """The unit of length; unknown for a code that does not exist."""
    try:
        return str(header.get_xyzt_units()[0])
    except KeyError:
        return "unknown"


def _contradictions(image: Any, affine: FloatArray, scale: float) -> list[str]:
    """How the qform, or without one the voxel sizes, differ from the sform, which is used."""
    if image.header["qform_code"]:
        other = np.array(image.header.get_qform(), dtype=np.float64)
        other[:3] *= scale
        ends = product(*((0, size - 1) for size in image.shape[:3]))
        corners = np.array([[*corner, 1] for corner in ends]).T
        distance = float(np.linalg.norm(((affine - other) @ corners)[:3], axis=0).max())
        if distance <= MATRIX_TOLERANCE:
            return []
        axes = " and ".join("".join(_axis_names(matrix)) for matrix in (affine, other))
        return [
            f"sform and qform (axes {axes}) differ by up to {distance:.1f} mm; expected the same; the sform is used: "
            "check that the program with which the vertebrae were marked used it too"
        ]
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    zooms = np.array(image.header.get_zooms()[:3], dtype=np.float64) * scale
    if np.allclose(spacing, zooms, rtol=0.01):
        return []
    found = " and ".join(" x ".join(f"{mm:.4g}" for mm in sizes) for sizes in (spacing, zooms))
    return [f"sform and pixdim give spacings of {found} mm; expected the same; the sform is used"]


def _axis_names(affine: FloatArray) -> tuple[str, ...]:
    import nibabel

    return tuple(str(name) for name in nibabel.aff2axcodes(affine))
