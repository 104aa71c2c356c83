"""The body of a vertebra in the mask of the whole vertebra.

Seen along the spine, body, pedicles and laminae form a ring around the spinal canal. The canal is the hole in the
outline of the mask in this view, and the body is everything in front of the canal's anterior border. This also holds
for a body that has collapsed. The view is tilted until the canal is widest, because the neighbours give the direction
of the spine only roughly. A mask of a body alone has no hole and is nearly convex.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage
from scipy.spatial import ConvexHull

from dataset_conversion.spine.geometry import FloatArray, index_to_world
from dataset_conversion.spine.settings import settings

Outline = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.integer]

POSTERIOR = np.array([0.0, 1.0, 0.0])
"""Direction towards the back of the patient, in LPS."""
PATIENT_AXIS = np.array([0.0, 0.0, 1.0])
"""Direction towards the head, in LPS."""
MARGIN = 5
"""Empty pixels around an outline, so that closing a gap does not reach the border."""


@settings
class BodySettings:
    """How a body is told from the rest of its vertebra.

    Attributes:
        pixel: Pixel of the outline in mm.
        least_canal: Least area in mm² of a hole that is the spinal canal. The foramina of cervical transverse processes
            and holes of coarse masks are smaller.
        widest_gap: Widest gap in mm that may be left in the ring.
        border: Share of the canal's area in front of the border between body and canal, so that single pixels do not
            decide.
        least_solidity: Least share of its convex hull that a body alone fills. Bodies of phantoms fill 66% or more,
            whole vertebrae of VerSe and LIDC-IDRI 30 to 45%.
        tilt_step: Step in degrees between the tilts of the view, forwards and backwards.
        tilt_steps: Number of steps either way from a direction that is given by the neighbours.
        widest_tilt_steps: The same from the patient's axis, for a vertebra without neighbours.
        most_rotation: Largest rotation of a vertebra about the spine, in degrees, that is corrected.
    """

    pixel: Annotated[float, Field(gt=0)] = 1.0
    least_canal: Annotated[float, Field(gt=0)] = 40.0
    widest_gap: Annotated[int, Field(ge=0)] = 8
    border: Annotated[float, Field(ge=0, lt=1)] = 0.05
    least_solidity: Annotated[float, Field(gt=0, le=1)] = 0.6
    tilt_step: Annotated[float, Field(gt=0)] = 10.0
    tilt_steps: Annotated[int, Field(ge=0)] = 2
    widest_tilt_steps: Annotated[int, Field(ge=0)] = 5
    most_rotation: Annotated[float, Field(ge=0, lt=90)] = 45.0


DEFAULT_SETTINGS = BodySettings()


@dataclass(frozen=True, eq=False)
class BodyPart:
    """The body in the mask of a vertebra.

    Attributes:
        indices: Voxel indices (n, 3) of the body, (z, y, x).
        centre: Their mean (x, y, z) in LPS mm.
        area: Area of the body seen along the spine, in mm².
    """

    indices: Indices
    centre: FloatArray
    area: float


@dataclass(frozen=True, eq=False)
class _View:
    """A vertebra seen along the spine.

    Attributes:
        flat: The places of its voxels (n, 2) in mm, to the back and to a side.
        outline: The pixels that they cover.
        origin: The place of the first pixel in mm.
    """

    flat: FloatArray
    outline: Outline
    origin: FloatArray


def find_body(
    indices: Indices, affine: FloatArray, up: FloatArray | None = None, settings: BodySettings = DEFAULT_SETTINGS
) -> BodyPart | None:
    """The body among the voxels of a vertebra; None if there is neither a canal nor a mask of a body alone.

    Args:
        indices: Voxel indices (n, 3) of the vertebra, (z, y, x).
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        up: (3,), unit vector up the spine as the neighbours give it; None for a vertebra without neighbours.
        settings: How the body is found.
    """
    steps = settings.widest_tilt_steps if up is None else settings.tilt_steps
    start = PATIENT_AXIS if up is None else up
    tilts = np.radians(settings.tilt_step) * np.array(sorted(range(-steps, steps + 1), key=abs))
    points = index_to_world(affine, indices)
    views = [_view(points, affine, _across(start, tilt), settings.pixel) for tilt in tilts]
    seen = _widest_canal(views, settings)
    if seen is None:
        is_body = _solidity(points, affine) >= settings.least_solidity
        return _part(indices, points, affine, start, settings) if is_body else None
    number, canal = seen
    in_front = _in_front(views[number], canal, settings)
    if not in_front.any():
        return None
    return _part(indices[in_front], points[in_front], affine, _tilted(start, tilts[number]), settings)


def _in_front(view: _View, canal: Outline, settings: BodySettings) -> npt.NDArray[np.bool_]:
    """Which voxels lie in front of the canal, as the vertebra is turned about the spine."""
    places = np.argwhere(canal) * settings.pixel + view.origin
    backwards = np.array([1.0, 0.0])
    for _ in range(2):
        in_front = view.flat @ backwards < np.quantile(places @ backwards, settings.border)
        if not in_front.any():
            break
        body = view.flat[in_front].mean(axis=0)
        backwards = _backwards(body, places.mean(axis=0), settings.most_rotation)
    return np.asarray(in_front)


def _tilted(up: FloatArray, tilt: float) -> FloatArray:
    """A direction up the spine, tilted backwards by an angle in radians."""
    return np.asarray(up * np.cos(tilt) + _backwards_from(up) * np.sin(tilt))


def _backwards_from(up: FloatArray) -> FloatArray:
    posterior = POSTERIOR - up * (POSTERIOR @ up)
    return np.asarray(posterior / np.linalg.norm(posterior))


def _across(up: FloatArray, tilt: float) -> FloatArray:
    """Unit vectors (2, 3) across a tilted direction, to the back and to a side."""
    tilted = _tilted(up, tilt)
    posterior = _backwards_from(tilted)
    return np.stack([posterior, np.cross(posterior, tilted)])


def _view(points: FloatArray, affine: FloatArray, axes: FloatArray, pixel: float) -> _View:
    """Voxels seen along a direction.

    Args:
        points: Their centres (n, 3) in LPS mm.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        axes: The view's unit vectors (2, 3).
        pixel: Pixel in mm.
    """
    flat = points @ axes.T
    # A voxel is divided into parts smaller than a pixel, so that voxels leave no gaps between them.
    counts = np.ceil(np.linalg.norm(affine[:3, :3], axis=0) / pixel).astype(int)
    parts = [np.arange(0.5, count) / count - 0.5 for count in counts]
    offsets = np.stack(np.meshgrid(*parts, indexing="ij"), axis=-1).reshape(-1, 3) @ affine[:3, :3].T @ axes.T
    origin = flat.min(axis=0) + offsets.min(axis=0) - MARGIN * pixel
    size = np.ceil((flat.max(axis=0) + offsets.max(axis=0) - origin) / pixel).astype(int) + MARGIN + 1
    outline = np.zeros(size, dtype=bool)
    for offset in offsets:
        outline[tuple(np.rint((flat + offset - origin) / pixel).astype(int).T)] = True
    return _View(flat, outline, origin)


def _widest_canal(views: Sequence[_View], settings: BodySettings) -> tuple[int, Outline] | None:
    """The view in which the canal is widest, and the canal; None if no outline has a hole of the size of a canal.

    Gaps in the ring are closed only as far as it is necessary.
    """
    for width in range(0, settings.widest_gap + 1, 2):
        canals = [_largest_hole(view.outline, width // 2) for view in views]
        number = int(np.argmax([canal.sum() for canal in canals]))
        if canals[number].sum() * settings.pixel**2 >= settings.least_canal:
            return number, canals[number]
    return None


def _largest_hole(outline: Outline, reach: int) -> Outline:
    """The largest hole of an outline after gaps up to twice `reach` pixels are closed; empty if there is none."""
    closed = ndimage.binary_closing(outline, iterations=reach) if reach else outline
    parts, count = ndimage.label(ndimage.binary_fill_holes(closed) & ~closed)
    if not count:
        return np.zeros_like(outline)
    return np.asarray(parts == np.argmax(np.bincount(parts.ravel())[1:]) + 1)


def _solidity(points: FloatArray, affine: FloatArray) -> float:
    """Share of their convex hull that voxels fill."""
    halves = np.array(list(product((-0.5, 0.5), repeat=3))) @ affine[:3, :3].T
    corners = (points[:, np.newaxis] + halves).reshape(-1, 3)
    return float(len(points) * abs(np.linalg.det(affine[:3, :3])) / ConvexHull(corners).volume)


def _backwards(body: FloatArray, canal: FloatArray, most_rotation: float) -> FloatArray:
    """Unit vector (2,) in a view from the body to the canal, turned by a limited angle from the image's own."""
    angle = np.arctan2(*(canal - body)[::-1])
    limited = np.clip(angle, *np.radians([-most_rotation, most_rotation]))
    return np.array([np.cos(limited), np.sin(limited)])


def _part(indices: Indices, points: FloatArray, affine: FloatArray, up: FloatArray, settings: BodySettings) -> BodyPart:
    outline = _view(points, affine, _across(up, 0.0), settings.pixel).outline
    return BodyPart(indices, points.mean(axis=0), float(outline.sum()) * settings.pixel**2)
