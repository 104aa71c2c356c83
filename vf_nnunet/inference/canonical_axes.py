"""The axes of the images that nnU-Net's predictor preprocesses, and their order for the network.

nnU-Net's reader leaves an image on the axes on which it is stored, but the network expects left-right,
anterior-posterior and longitudinal axes in the directions of LPS.
"""

from collections.abc import Mapping
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from vf_nnunet.inference.weights import FloatArray

READER_KEY = "nibabel_stuff"
"""Where NibabelIO, the reader of the plans, puts the affine among the properties of a case."""

CANONICAL = nibabel.orientations.axcodes2ornt("LPS")


def axes_of(properties: Mapping[str, Any]) -> npt.NDArray[Any] | None:
    """The orientation of the stored axes x, y, z, as nibabel describes it; None if the properties have no affine."""
    affine = properties.get(READER_KEY, {}).get("original_affine")
    return None if affine is None else np.asarray(nibabel.orientations.io_orientation(affine))


def to_network_axes(image: FloatArray, axes: npt.NDArray[Any]) -> FloatArray:
    """Flip and permute an image (C, z, y, x) from stored axes to those of LPS.

    Args:
        image: Channels or classes first.
        axes: As `axes_of` returns them.
    """
    return _reordered(image, nibabel.orientations.ornt_transform(axes, CANONICAL))


def to_stored_axes(image: FloatArray, axes: npt.NDArray[Any]) -> FloatArray:
    """The inverse of `to_network_axes`."""
    return _reordered(image, nibabel.orientations.ornt_transform(CANONICAL, axes))


def _reordered(image: FloatArray, transform: npt.NDArray[Any]) -> FloatArray:
    # nibabel works on (x, y, z) and leaves further axes alone.
    return np.ascontiguousarray(nibabel.orientations.apply_orientation(image.T, transform).T)
