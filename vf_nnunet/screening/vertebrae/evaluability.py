"""Why nothing can be said about a vertebra, as far as its CT shows it."""

from collections.abc import Sequence

import numpy as np

from dataset_conversion.spine.anatomy import body_size
from dataset_conversion.spine.geometry import FloatArray, Geometry, is_inside
from evaluation.vertebra.heights import POSTERIOR
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.vertebrae.settings import EVALUABILITY, EvaluabilitySettings

Point = Sequence[float]
CUT = "cut by the border of the image"


def is_cut(
    grid: Geometry,
    shape: Sequence[int],
    centre: Point,
    up: FloatArray,
    level: str,
    settings: EvaluabilitySettings = EVALUABILITY,
) -> bool:
    """Whether the border of an image cuts a vertebral body.

    Args:
        grid: The image or map.
        shape: Its voxels (z, y, x).
        centre: Centre (x, y, z) of the body in LPS mm.
        up: (3,), unit vector up the spine.
        level: Its level, or the most probable one, for its size.
        settings: `whole_share` is used.
    """
    size = body_size(level)
    back = POSTERIOR - up * (POSTERIOR @ up)
    back /= np.linalg.norm(back)
    half = np.stack([up * size.height, back * size.depth, np.cross(back, up) * size.width]) / 2 * settings.whole_share
    index = grid.world_to_index(np.asarray(centre) + np.concatenate([half, -half]))
    return not is_inside(shape, index).all()


def ct_problem(
    image: HounsfieldImage, centre: Point, core_hu: float, settings: EvaluabilitySettings = EVALUABILITY
) -> str | None:
    """What the CT shows at a vertebra that makes it not evaluable; None if nothing.

    Args:
        image: The CT.
        centre: Centre (x, y, z) of the body in LPS mm.
        core_hu: Median HU of its core.
        settings: The limits.
    """
    if core_hu < settings.air:
        return f"no bone at its centre ({core_hu:.0f} HU): air, or outside the scanner's field of view"
    reach = (settings.metal_distance,) * 3
    metal = image.box(centre, [-side for side in reach], reach) > settings.metal
    volume = float(metal.sum() * image.voxel_volume)
    if volume >= max(settings.least_metal, image.voxel_volume):
        return f"metal beside it: {volume:.0f} mm3 above {settings.metal:.0f} HU within {settings.metal_distance:g} mm"
    return None


def thick_slices(image: HounsfieldImage, settings: EvaluabilitySettings = EVALUABILITY) -> str | None:
    """Why no vertebra of a CT is evaluable: slices that are too thick; None if they are not."""
    # Spacings are stored with rounding.
    if max(image.ct_spacing) <= settings.thickest_slice + 0.01:
        return None
    return f"slices of {max(image.ct_spacing):.1f} mm; expected at most {settings.thickest_slice:g} mm"
