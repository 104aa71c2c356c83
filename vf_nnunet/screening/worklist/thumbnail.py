"""The small picture of a case in the list: a sagittal slice along the spine, with the fracture probability."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dataset_conversion.spine.curved_plane import CurvedPlane, curved_plane, sample
from dataset_conversion.spine.geometry import FloatArray
from evaluation.report.overlay import blend
from evaluation.report.sagittal import SagittalPlane
from evaluation.report.viewer import BYTE
from vf_nnunet.screening.worklist.settings import THUMBNAIL, ThumbnailSettings
from vf_nnunet.screening.worklist.volumes import CaseVolumes, Point

if TYPE_CHECKING:
    from PIL.Image import Image

FEWEST_CENTRES = 2
"""Vertebrae that determine the course of a spine."""


def draw_thumbnail(volumes: CaseVolumes, centres: Sequence[Point], settings: ThumbnailSettings = THUMBNAIL) -> bytes:
    """A JPEG file of the slice through the centres; without two of them, of the slice with the highest probability.

    Args:
        volumes: CT and map.
        centres: Centres of the vertebrae (x, y, z) in LPS mm.
        settings: Its size.
    """
    from PIL import Image

    plane = _plane(volumes, centres, settings)
    grey = sample(volumes.grey, volumes.affine, plane.points, outside=np.nan)
    hounsfield = grey * volumes.settings.hounsfield_step + volumes.settings.lowest_hounsfield
    probability = sample(volumes.probability, volumes.affine, plane.points, outside=0.0) / BYTE
    return _small(Image.fromarray(blend(hounsfield, probability)), settings)


def thumbnail_of_picture(path: Path, slices: int, settings: ThumbnailSettings = THUMBNAIL) -> bytes:
    """A JPEG file of the middle slice of an overlay picture, for a case whose CT is not at hand.

    Args:
        path: The picture, slices side by side.
        slices: Number of the slices.
        settings: Its size.
    """
    from PIL import Image

    with Image.open(path) as picture:
        width = picture.width / slices
        left = round(width * (slices // 2))
        middle = picture.convert("RGB").crop((left, 0, left + round(width), picture.height))
    middle.thumbnail((settings.width, settings.height))
    return _small(middle, settings)


def _plane(volumes: CaseVolumes, centres: Sequence[Point], settings: ThumbnailSettings) -> CurvedPlane:
    """A plane along the spine, or through the highest probability from end to end of the volume."""
    if len({point[2] for point in centres}) >= FEWEST_CENTRES:
        margins = SagittalPlane()
        points = np.asarray(centres, dtype=float)
        before, behind, ends = margins.anterior, margins.posterior, margins.longitudinal
    else:
        points, before, ends = _middle(volumes), float(np.diff(_ends(volumes)[:, 1])[0]) / 2, settings.step / 2
        behind = before
    size = np.ptp(points, axis=0)
    height, width = size[2] + 2 * ends, size[1] + before + behind
    step = max(settings.step, height / settings.height, width / settings.width)
    return curved_plane(points, "sagittal", (before, behind), ends, step)


def _middle(volumes: CaseVolumes) -> FloatArray:
    """Two points (2, 3) at the lower and upper end of the volume, beside its highest probability."""
    low, high = _ends(volumes)
    z, y, x = np.unravel_index(int(volumes.probability.argmax()), volumes.probability.shape)
    place = volumes.index_to_world([[z, y, x]])[0] if volumes.probability.any() else (low + high) / 2
    middle = (low[1] + high[1]) / 2
    return np.array([[place[0], middle, low[2]], [place[0], middle, high[2]]])


def _ends(volumes: CaseVolumes) -> FloatArray:
    """(2, 3), the first and the last corner in LPS mm."""
    return volumes.index_to_world(np.stack([np.zeros(3), np.array(volumes.grey.shape) - 1.0]))


def _small(image: "Image", settings: ThumbnailSettings) -> bytes:
    """The best quality that is small enough."""
    content = b""
    for quality in settings.qualities:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        content = buffer.getvalue()
        if len(content) <= settings.largest_bytes:
            break
    return content
