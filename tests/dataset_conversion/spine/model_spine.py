"""A spine of simple shapes in a CT: bodies with a cortex, a canal, arches, muscle, fat and air."""

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.anatomy import body_size

LEVELS = ("T11", "T12", "L1", "L2", "L3")
SHAPE = (190, 150, 130)
ORIGIN = (-65.0, -75.0, -95.0)
"""The spine lies 28 mm behind the isocentre, about which the image lies, and 30 mm to the left of it."""
CENTROIDS = [(30.0, 28.0, z) for z in (64.0, 32.0, 0.0, -33.0, -66.0)]

Affine = npt.NDArray[np.float64]


def affine() -> Affine:
    """Voxels of 1 mm on LPS axes."""
    matrix = np.eye(4)
    matrix[:3, 3] = ORIGIN
    return matrix


def draw(trabecular: float = 130.0, noise: float = 15.0, soft_tissue: float = 45.0) -> npt.NDArray[np.int16]:
    """The CT (z, y, x) in HU."""
    z, y, x = (
        np.arange(length, dtype=float).reshape(shape) + start
        for length, shape, start in zip(SHAPE, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), ORIGIN[::-1], strict=True)
    )
    hu = np.full(SHAPE, soft_tissue)
    hu[np.broadcast_to((x / 62) ** 2 + (y / 85) ** 2 > 0.85, SHAPE)] = -100
    hu[np.broadcast_to((x / 62) ** 2 + (y / 85) ** 2 > 1, SHAPE)] = -1000
    for level, (left, behind, up) in zip(LEVELS, CENTROIDS, strict=True):
        size = body_size(level)
        column = ((x - left) / size.width * 2) ** 2 + ((y - behind) / size.depth * 2) ** 2
        height = np.abs(z - up) / size.height * 2
        hu[(column < 1) & (height < 1)] = 320
        hu[(column < 0.82) & (height < 0.85)] = trabecular
        arch = ((x - left) / 16) ** 2 + ((y - behind - size.depth / 2 - 9) / 14) ** 2
        hu[(arch < 1) & (height < 0.6) & (column >= 1)] = 380
        hu[np.broadcast_to(arch < 0.4, SHAPE) & np.broadcast_to(column >= 1, SHAPE)] = 20
    return np.asarray(hu + np.random.default_rng(0).normal(0, noise, SHAPE)).astype(np.int16)
