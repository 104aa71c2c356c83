"""nnU-Net's preprocessing of a CT, without nnU-Net: cropping, resampling, normalisation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import spacing_of
from vf_nnunet.inference.probability_grid import ProbabilityGrid, occupied_bounds, probability_grid
from vf_nnunet.inference.resampling import SLAB_PLANES, AxisResampling, cubic, nearest, resampled_slabs
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.nnunet.normalisation import (
    CLIPPED,
    LEAST_DEVIATION,
    SCHEMES,
    STATISTICS,
    Z_SCORE,
    IntensityScale,
    used_statistics,
)

FROM_PLANS = ("transpose_forward",)
FROM_CONFIGURATION = (
    "preprocessor_name",
    "spacing",
    SCHEMES,
    "use_mask_for_norm",
    "resampling_fn_data",
    "resampling_fn_data_kwargs",
)
SUPPORTED: dict[str, Any] = {
    "transpose_forward": [0, 1, 2],
    "preprocessor_name": "DefaultPreprocessor",
    "use_mask_for_norm": [False],
    "resampling_fn_data": "resample_data_or_seg_to_shape",
    "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
}
"""The only values of these entries that are supported: those that the plugin's planner writes."""
CHANNEL = "0"
"""The CT, the only channel."""
ANISOTROPY_THRESHOLD = 3.0
"""nnU-Net's `ANISO_THRESHOLD`: it does not interpolate between slices that are thicker than this many pixels."""


@dataclass(frozen=True)
class Preprocessing:
    """The preprocessing that the plans ask for.

    Attributes:
        spacing: Spacing (z, y, x) of the network's grid in mm.
        scale: The normalisation of every CT; None for the z-score over each CT.
    """

    spacing: tuple[float, float, float]
    scale: IntensityScale | None = None

    @classmethod
    def from_entries(cls, entries: Mapping[str, Any], source: str) -> "Preprocessing":
        """Check and read the entries of the plans.

        Args:
            entries: As `plans_entries` returns them.
            source: File or folder, for error messages.

        Raises:
            InputError: If an entry is not supported.
        """
        problems = [
            f"{source}: {name} is {entries.get(name)!r}; expected {expected!r}"
            for name, expected in SUPPORTED.items()
            if entries.get(name) != expected
        ]
        if entries.get(SCHEMES) not in ([Z_SCORE], [CLIPPED]):
            problems.append(f"{source}: {SCHEMES} is {entries.get(SCHEMES)!r}; expected ['{Z_SCORE}'] or ['{CLIPPED}']")
        spacing = entries.get("spacing")
        if not isinstance(spacing, Sequence) or len(spacing) != 3:
            problems.append(f"{source}: spacing is {spacing!r}; expected three numbers of millimetres")
        if problems or spacing is None:
            raise InputError(problems)
        z, y, x = (float(mm) for mm in spacing)
        return cls((z, y, x), _scale_of(entries, source))


def _scale_of(entries: Mapping[str, Any], source: str) -> IntensityScale | None:
    """The scale that the entries ask for; None for the z-score over the image."""
    if entries[SCHEMES] == [Z_SCORE]:
        return None
    return IntensityScale.from_statistics((entries.get(STATISTICS) or {}).get(CHANNEL), source)


@dataclass(frozen=True)
class NetworkImage:
    """A CT as the network reads it.

    Attributes:
        array: Normalised intensities (1, z, y, x).
        grid: Positions of the voxels in the world.
        scale: How the intensities were computed from HU.
        ct_spacing: Distance (z, y, x) in mm between the voxels of the CT.
    """

    array: FloatArray
    grid: ProbabilityGrid
    scale: IntensityScale
    ct_spacing: tuple[float, float, float]


@dataclass(frozen=True)
class ImageResampling:
    """The resampling of a cropped image to the network's grid.

    Attributes:
        shape: Voxels (z, y, x) of the network's grid.
        axes: The resampling of each axis (z, y, x); None for one that stays as it is.
        separate: The axis of thick slices, along which nothing is interpolated; None if there is none.
    """

    shape: tuple[int, int, int]
    axes: tuple[AxisResampling | None, AxisResampling | None, AxisResampling | None]
    separate: int | None


def plans_entries(plans: Mapping[str, Any], configuration: str) -> dict[str, Any]:
    """The entries of nnU-Net's plans that determine the preprocessing; statistics only where they are used."""
    chosen = plans["configurations"][configuration]
    statistics = used_statistics(plans, configuration)
    return {
        **{name: plans.get(name) for name in FROM_PLANS},
        **{name: chosen.get(name) for name in FROM_CONFIGURATION},
        **({STATISTICS: statistics} if statistics else {}),
    }


def preprocess(ct: npt.NDArray[Any], affine: npt.NDArray[np.floating], preprocessing: Preprocessing) -> NetworkImage:
    """Make the network's image as nnU-Net's DefaultPreprocessor does.

    Resampling commutes with subtracting and dividing, so these come last, when there are fewer voxels.

    Args:
        ct: Hounsfield units (z, y, x) on canonical LPS axes.
        affine: 4 x 4, voxel index (x, y, z) to LPS mm.
        preprocessing: The model's preprocessing.

    Raises:
        InputError: If every voxel is 0.
    """
    bounds = nonzero_bounds(ct)
    z, y, x = (slice(start, stop) for start, stop in bounds)
    cropped = ct[z, y, x]
    resampling = image_resampling(cropped.shape, spacing_of(affine), preprocessing.spacing)
    image = np.empty((1, *resampling.shape), dtype=np.float32)
    # The products of matrices are small: several threads would mostly wait for each other.
    with threadpool_limits(1, "blas"):
        scale = preprocessing.scale or z_score(cropped)
        for planes, slab in network_slabs(cropped, resampling, SLAB_PLANES, scale):
            image[0, planes] = slab
    grid = probability_grid(affine, ct.shape, bounds, resampling.shape)
    return NetworkImage(image, grid, scale, spacing_of(affine))


def image_resampling(
    shape: Sequence[int], spacing: Sequence[float], target_spacing: Sequence[float]
) -> ImageResampling:
    """How nnU-Net resamples a cropped image.

    Args:
        shape: Voxels (z, y, x) of the cropped image.
        spacing: Its spacing (z, y, x) in mm.
        target_spacing: Spacing of the network's grid in mm.
    """
    z, y, x = (max(1, round(old / new * size)) for old, new, size in zip(spacing, target_spacing, shape, strict=True))
    separate = thick_slice_axis(spacing, target_spacing)
    along_z, along_y, along_x = (
        (nearest if axis == separate else cubic)(old, new)
        for axis, (old, new) in enumerate(zip(shape, (z, y, x), strict=True))
    )
    return ImageResampling((z, y, x), (along_z, along_y, along_x), separate)


def network_slabs(
    image: npt.NDArray[Any], resampling: ImageResampling, planes: int, scale: IntensityScale
) -> Iterator[tuple[slice, FloatArray]]:
    """Resample a cropped image and normalise it, some planes at a time.

    Args:
        image: (z, y, x), of any number type.
        resampling: As `image_resampling` returns it.
        planes: Planes of the result to yield at a time.
        scale: Its limits are applied before the image is resampled, as by nnU-Net.

    Yields:
        The planes' place along z, and the planes' intensities.
    """
    image = _clipped(image, scale)
    lowest, highest = _limits(image, resampling)
    for place, slab in resampled_slabs(image, resampling.axes, planes):
        own = place if len(lowest) == resampling.shape[0] else slice(None)
        np.clip(slab, lowest[own], highest[own], out=slab)
        slab -= np.float32(scale.mean)
        slab /= np.float32(scale.deviation)
        yield place, slab


def nonzero_bounds(ct: npt.NDArray[Any]) -> list[tuple[int, int]]:
    """Bounds of the voxels that are not 0: for each axis the first voxel, and one after the last.

    Raises:
        InputError: If every voxel is 0.
    """
    bounds = occupied_bounds(ct != 0)
    if (0, 0) in bounds:
        raise InputError(f"all {ct.size} voxels of the CT are 0; expected Hounsfield units")
    return bounds


def thick_slice_axis(*spacings: Sequence[float]) -> int | None:
    """The axis along which nnU-Net does not interpolate: the coarsest one of the first anisotropic spacing.

    None if no spacing is anisotropic or two axes are equally coarse.
    """
    for spacing in spacings:
        if max(spacing) / min(spacing) > ANISOTROPY_THRESHOLD:
            coarsest = [axis for axis, mm in enumerate(spacing) if mm == max(spacing)]
            return coarsest[0] if len(coarsest) == 1 else None
    return None


def z_score(image: npt.NDArray[Any]) -> IntensityScale:
    """The mean and standard deviation of an image, computed plane by plane to save memory."""
    total = squares = 0.0
    for plane in image:
        values = plane.astype(np.float64).ravel()
        total += float(values.sum())
        squares += float(values @ values)
    mean = total / image.size
    return IntensityScale(mean, max(float(np.sqrt(max(squares / image.size - mean**2, 0.0))), LEAST_DEVIATION))


def _clipped(image: npt.NDArray[Any], scale: IntensityScale) -> npt.NDArray[Any]:
    """The image within the limits; itself if it has no voxel beyond them."""
    if image.min() >= scale.lowest and image.max() <= scale.highest:
        return image
    # Integers stay integers, which need less memory, where the limits are whole numbers that their type can hold.
    if image.dtype.kind in "iu" and scale.lowest.is_integer() and scale.highest.is_integer():
        held = np.iinfo(image.dtype)
        lowest, highest = max(int(scale.lowest), held.min), min(int(scale.highest), held.max)
        if lowest <= highest:
            clipped: npt.NDArray[Any] = np.clip(image, lowest, highest)
            return clipped
    numbers: FloatArray = image.astype(np.float32)
    return np.clip(numbers, np.float32(scale.lowest), np.float32(scale.highest), out=numbers)


def _limits(
    image: npt.NDArray[Any], resampling: ImageResampling
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Limits of the resampled values: those of the whole image, or of each thick slice."""
    separate = resampling.separate
    others = tuple(axis for axis in range(3) if axis != separate)
    limits = [extreme(axis=others, keepdims=True).astype(np.float32) for extreme in (image.min, image.max)]
    along = None if separate is None else resampling.axes[separate]
    if separate is not None and along is not None:
        limits = [along.apply(limit, separate) for limit in limits]
    lowest, highest = limits
    return lowest, highest
