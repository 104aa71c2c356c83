"""nnU-Net's preprocessing of a CT by a model's plans, without nnU-Net: cropping, resampling, z-score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import spacing_of
from vf_nnunet.inference.bounds import occupied_bounds
from vf_nnunet.inference.probability_grid import ProbabilityGrid, probability_grid
from vf_nnunet.inference.resampling import AxisResampling, cubic, nearest, resample
from vf_nnunet.inference.weights import FloatArray

FROM_PLANS = ("transpose_forward",)
FROM_CONFIGURATION = (
    "preprocessor_name",
    "spacing",
    "normalization_schemes",
    "use_mask_for_norm",
    "resampling_fn_data",
    "resampling_fn_data_kwargs",
)
WANTED: dict[str, Any] = {
    "transpose_forward": [0, 1, 2],
    "preprocessor_name": "DefaultPreprocessor",
    "normalization_schemes": ["ZScoreNormalization"],
    "use_mask_for_norm": [False],
    "resampling_fn_data": "resample_data_or_seg_to_shape",
    "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
}
"""What the plugin's planner writes; nothing else is computed here."""
ANISOTROPY_THRESHOLD = 3.0
"""nnU-Net's `ANISO_THRESHOLD`: slices thicker than this many pixels are not interpolated between."""
LEAST_DEVIATION = 1e-8
"""nnU-Net's epsilon of the z-score."""


@dataclass(frozen=True)
class Preprocessing:
    """What the plans say of preprocessing.

    Attributes:
        spacing: (z, y, x) mm of the network's grid.
    """

    spacing: tuple[float, float, float]

    @classmethod
    def from_entries(cls, entries: Mapping[str, Any], source: str) -> "Preprocessing":
        """Check the plans' entries (`plans_entries`).

        Args:
            entries: `FROM_PLANS` and `FROM_CONFIGURATION` as the plans hold them.
            source: The file or folder, for the findings.

        Raises:
            InputError: All entries that ask for what is not computed here.
        """
        findings = [
            f"{source}: {name} is {entries.get(name)!r}, wanted {wanted!r}"
            for name, wanted in WANTED.items()
            if entries.get(name) != wanted
        ]
        spacing = entries.get("spacing")
        if not isinstance(spacing, Sequence) or len(spacing) != 3:
            findings.append(f"{source}: spacing is {spacing!r}, wanted three numbers of millimetres")
        if findings or spacing is None:
            raise InputError(findings)
        z, y, x = (float(mm) for mm in spacing)
        return cls((z, y, x))


@dataclass(frozen=True)
class NetworkImage:
    """A CT as the network reads it.

    Attributes:
        array: (1, z, y, x), z-scores.
        grid: Where its voxels lie.
        mean, deviation: HU of z-score 0, and HU of one z-score.
    """

    array: FloatArray
    grid: ProbabilityGrid
    mean: float
    deviation: float


def plans_entries(plans: Mapping[str, Any], configuration: str) -> dict[str, Any]:
    """The entries of nnU-Net's plans that preprocessing depends on."""
    chosen = plans["configurations"][configuration]
    return {
        **{name: plans.get(name) for name in FROM_PLANS},
        **{name: chosen.get(name) for name in FROM_CONFIGURATION},
    }


def preprocess(ct: npt.NDArray[Any], affine: FloatArray, preprocessing: Preprocessing) -> NetworkImage:
    """The network's image, as nnU-Net's DefaultPreprocessor makes it (within 1e-5 standard deviations).

    Resampling and clipping commute with the z-score, so the z-score comes last, where the voxels are fewer.

    Args:
        ct: Hounsfield units (z, y, x) on canonical LPS axes.
        affine: 4 x 4, voxel index (x, y, z) to LPS mm.
        preprocessing: Of the model.

    Raises:
        InputError: If every voxel is 0.
    """
    bounds = nonzero_bounds(ct)
    z, y, x = (slice(start, stop) for start, stop in bounds)
    cropped = ct[z, y, x]
    spacing = spacing_of(affine)
    shape = [
        max(1, round(old / new * size))
        for old, new, size in zip(spacing, preprocessing.spacing, cropped.shape, strict=True)
    ]
    mean, deviation = _moments(cropped)
    separate = thick_slice_axis(spacing, preprocessing.spacing)
    axes = [
        (nearest if axis == separate else cubic)(old, new)
        for axis, (old, new) in enumerate(zip(cropped.shape, shape, strict=True))
    ]
    image = resample(cropped, axes)
    np.clip(image, *_limits(cropped, separate, axes), out=image)
    image -= np.float32(mean)
    image /= np.float32(deviation)
    return NetworkImage(image[np.newaxis], probability_grid(affine, ct.shape, bounds, shape), mean, deviation)


def nonzero_bounds(ct: npt.NDArray[Any]) -> list[tuple[int, int]]:
    """For each axis the first voxel of the box around all that is not 0, and the one after its last.

    Raises:
        InputError: If every voxel is 0.
    """
    bounds = occupied_bounds(ct != 0)
    if (0, 0) in bounds:
        raise InputError(f"all {ct.size} voxels of the CT are 0, wanted Hounsfield units")
    return bounds


def thick_slice_axis(*spacings: Sequence[float]) -> int | None:
    """The axis between whose slices nnU-Net does not interpolate: of the first spacing that is anisotropic.

    None where no spacing is, or where two axes are equally coarse.
    """
    for spacing in spacings:
        if max(spacing) / min(spacing) > ANISOTROPY_THRESHOLD:
            coarsest = [axis for axis, mm in enumerate(spacing) if mm == max(spacing)]
            return coarsest[0] if len(coarsest) == 1 else None
    return None


def _moments(image: npt.NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation, plane by plane for the sake of memory."""
    total = squares = 0.0
    for plane in image:
        values = plane.astype(np.float64).ravel()
        total += float(values.sum())
        squares += float(values @ values)
    mean = total / image.size
    return mean, max(float(np.sqrt(max(squares / image.size - mean**2, 0.0))), LEAST_DEVIATION)


def _limits(
    image: npt.NDArray[Any], separate: int | None, axes: Sequence[AxisResampling | None]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Least and greatest value that a resampled voxel can have: those of the image, or of its own thick slice."""
    others = tuple(axis for axis in range(3) if axis != separate)
    limits = [extreme(axis=others, keepdims=True).astype(np.float32) for extreme in (image.min, image.max)]
    resampling = None if separate is None else axes[separate]
    if separate is not None and resampling is not None:
        limits = [resampling.apply(limit, separate) for limit in limits]
    lowest, highest = limits
    return lowest, highest
