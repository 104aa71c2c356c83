"""Planes that follow the spine, so that a curved spine stays in view, and the voxels on them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.spine.curve import curve_at_heights
from dataset_conversion.spine.geometry import FloatArray, world_to_index

View = Literal["sagittal", "coronal"]

_ACROSS: dict[View, int] = {"sagittal": 1, "coronal": 0}


@dataclass(frozen=True, eq=False)
class CurvedPlane:
    """A plane that is curved in one direction. Its rows are axial, so distances within it are true.

    Attributes:
        points: (rows, columns, 3) LPS mm (x, y, z) of each pixel's centre.
        heights: (rows,) z in mm, from the top down.
        places: (columns,) y of a sagittal plane, from the front; x of a coronal one, from the patient's right.
        marks: (vertebrae, 2) row and column of each centroid, not rounded.
    """

    points: FloatArray
    heights: FloatArray
    places: FloatArray
    marks: FloatArray


def curved_plane(
    centroids: FloatArray, view: View, margins: tuple[float, float], longitudinal_margin: float, step: float
) -> CurvedPlane:
    """The plane through the centroids of a spine, which it follows along the other horizontal axis.

    Args:
        centroids: (n, 3) LPS mm (x, y, z).
        view: A sagittal plane follows the spine left and right, a coronal one front and back.
        margins: mm before the first and after the last centroid along the columns.
        longitudinal_margin: mm above the uppermost and below the lowest centroid.
        step: mm between pixels, in both directions.
    """
    across = _ACROSS[view]
    place, z = centroids[:, across], centroids[:, 2]
    columns = np.arange(place.min() - margins[0], place.max() + margins[1], step)
    rows = np.arange(z.max() + longitudinal_margin, z.min() - longitudinal_margin, -step)
    points = np.empty((len(rows), len(columns), 3))
    points[..., :2] = curve_at_heights(centroids, rows)[:, np.newaxis]
    points[..., across] = columns
    points[..., 2] = rows[:, np.newaxis]
    return CurvedPlane(points, rows, columns, np.column_stack([rows[0] - z, place - columns[0]]) / step)


def sample(voxels: npt.NDArray[np.generic], affine: FloatArray, points: FloatArray, outside: float) -> FloatArray:
    """Voxels (z, y, x) interpolated linearly at LPS points (rows, columns, 3); `outside` beyond the volume."""
    index = world_to_index(affine, points.reshape(-1, 3))
    values = ndimage.map_coordinates(voxels, index.T, np.float64, order=1, mode="constant", cval=outside)
    return np.asarray(values).reshape(points.shape[:2])
