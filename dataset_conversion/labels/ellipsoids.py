"""Ellipsoid labels: dense labels from vertebral centroids and grades.

So Nicolaes et al. 2019 extend the dense labels of Glocker et al. 2013. See `placement` for the ellipsoids' positions.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dataset_conversion.images.volume import Volume
from dataset_conversion.labels.placement import DEFAULT_CLASSES, Ellipsoid, EllipsoidSettings, place_ellipsoids
from dataset_conversion.spine.geometry import FloatArray, Geometry
from dataset_conversion.spine.labels import BACKGROUND, LabelClasses
from dataset_conversion.spine.vertebra_table import Vertebra

__all__ = ["EllipsoidSettings", "draw_labels", "draw_owners"]

Box = tuple[slice, slice, slice]


def draw_labels(
    volume: Volume,
    vertebrae: Sequence[Vertebra],
    settings: EllipsoidSettings,
    classes: LabelClasses = DEFAULT_CLASSES,
) -> npt.NDArray[np.uint8]:
    """Labels of a case on its image's grid, uint8 (z, y, x): 0 background, the others by `classes`.

    Raises:
        InputError: If two vertebrae are at the same place.
    """
    ellipsoids = place_ellipsoids(volume, vertebrae, settings, classes)
    owners = draw_owners(volume, volume.array.shape, ellipsoids)
    values = np.array([BACKGROUND, *(ellipsoid.label for ellipsoid in ellipsoids)], dtype=np.uint8)
    labels = np.zeros(owners.shape, dtype=np.uint8)
    for ellipsoid in ellipsoids:
        box = _bounding_box(volume, owners.shape, ellipsoid)
        labels[box] = values[owners[box]]
    return labels


def draw_owners(image: Geometry, shape: tuple[int, ...], ellipsoids: Sequence[Ellipsoid]) -> npt.NDArray[np.uint8]:
    """Number of the ellipsoid (from 1) that owns each voxel (z, y, x), 0 for none.

    A voxel inside several ellipsoids belongs to the one whose centre is nearest, measured in semi-axes. A fracture wins
    a tie. Only the bounding box of each ellipsoid is evaluated, and parts outside the image are cut off.
    """
    owners = np.zeros(shape, dtype=np.uint8)
    # The last one drawn wins a tie.
    order = sorted(range(len(ellipsoids)), key=lambda number: ellipsoids[number].is_fracture)
    for number in order:
        box = _bounding_box(image, shape, ellipsoids[number])
        radius = _squared_radius(image, box, ellipsoids[number])
        inside = radius <= 1.0
        part = owners[box]
        for rival in np.unique(part[inside]):
            if rival:
                nearer = _squared_radius(image, box, ellipsoids[rival - 1]) < radius
                inside &= ~(nearer & (part == rival))
        part[inside] = number + 1
    return owners


def _bounding_box(image: Geometry, shape: tuple[int, ...], ellipsoid: Ellipsoid) -> Box:
    """Slices (z, y, x) of the voxels that an ellipsoid can reach, clipped to the image."""
    to_index = np.linalg.inv(_to_unit_sphere(image, ellipsoid))
    reach = np.linalg.norm(to_index, axis=1)[::-1]
    centre = image.world_to_index(ellipsoid.centre)[0]
    first = np.maximum(np.ceil(centre - reach), 0).astype(int)
    last = np.minimum(np.floor(centre + reach), np.array(shape) - 1).astype(int)
    z, y, x = (slice(int(start), max(int(start), int(stop) + 1)) for start, stop in zip(first, last, strict=True))
    return z, y, x


def _squared_radius(image: Geometry, box: Box, ellipsoid: Ellipsoid) -> FloatArray:
    """Squared distance from the centre in units of the semi-axes, for the voxels of a box: 1 on the surface."""
    to_sphere = _to_unit_sphere(image, ellipsoid)
    centre = image.world_to_index(ellipsoid.centre)[0]
    z, y, x = (np.arange(part.start, part.stop) - middle for part, middle in zip(box, centre, strict=True))
    squares = [
        (row[0] * x + row[1] * y[:, np.newaxis] + row[2] * z[:, np.newaxis, np.newaxis]) ** 2 for row in to_sphere
    ]
    return np.asarray(squares[0] + squares[1] + squares[2])


def _to_unit_sphere(image: Geometry, ellipsoid: Ellipsoid) -> FloatArray:
    """(3, 3) matrix from index offsets (x, y, z) to coordinates in which the ellipsoid is the unit sphere."""
    return np.asarray(ellipsoid.axes @ image.affine[:3, :3] / ellipsoid.semi_axes[:, np.newaxis])
