"""The density of trabecular bone in a body, and whether the CT was made with contrast medium."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.vertebrae.settings import DENSITY, DensitySettings

Point = Sequence[float]


def trabecular_hu(image: HounsfieldImage, centre: Point, up: FloatArray, settings: DensitySettings = DENSITY) -> float:
    """Median HU in the cylinder at the centre of a body.

    Args:
        image: The CT.
        centre: Centre (x, y, z) of the body in LPS mm.
        up: (3,), unit vector up the spine.
        settings: Size of the cylinder.
    """
    return float(np.median(image.at(np.asarray(centre) + _cylinder(up, settings))))


def _cylinder(up: FloatArray, settings: DensitySettings) -> FloatArray:
    """Offsets (samples, 3) in mm of points in the cylinder around 0."""
    # Any two directions across the axis will do; the patient's left is never along a spine.
    across = np.cross(up, [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    side = _steps(settings.radius, settings.step)
    grid = np.stack(np.meshgrid(side, side, _steps(settings.height / 2, settings.step), indexing="ij"), axis=-1)
    samples = grid.reshape(-1, 3)
    inside = np.hypot(samples[:, 0], samples[:, 1]) <= settings.radius
    offsets: FloatArray = samples[inside] @ np.stack([across, np.cross(up, across), up])
    return offsets


def _steps(reach: float, step: float) -> FloatArray:
    count = int(reach / step)
    return np.arange(-count, count + 1) * step


def enhanced_volume(image: HounsfieldImage, centre: Point, settings: DensitySettings = DENSITY) -> float:
    """Volume in mm3 before a body that is as even and bright as blood with contrast medium.

    Args:
        image: The CT.
        centre: Centre (x, y, z) of the body in LPS mm.
        settings: Where and what it is.
    """
    side, (near, far), end = settings.vessels
    # LPS y increases to the back.
    hounsfield = image.box(centre, (-end, -far, -side), (end, -near, side))
    if not hounsfield.size:
        return 0.0
    block = [max(1, round(settings.block / spacing)) for spacing in image.spacing]
    mean = ndimage.uniform_filter(hounsfield, block, mode="nearest")
    square = ndimage.uniform_filter(hounsfield**2, block, mode="nearest")
    lowest, highest = settings.enhanced
    bright = (mean >= lowest) & (mean <= highest) & (square - mean**2 <= settings.even**2)
    return float(bright.sum() * image.voxel_volume)


def has_contrast(image: HounsfieldImage, centres: Sequence[Point], settings: DensitySettings = DENSITY) -> bool:
    """Whether contrast medium is likely, in vessels or bowel before the spine."""
    volumes = [enhanced_volume(image, centre, settings) for centre in centres]
    return bool(volumes) and float(np.median(volumes)) >= settings.least_enhanced
