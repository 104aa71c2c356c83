"""A scan with air, fat, muscle and bone in plausible shares, for tests of values."""

import numpy as np
import numpy.typing as npt

from dataset_conversion.images.volume import Volume

SHAPE = (40, 60, 70)
SPACING = (2.0, 1.5, 1.5)


def scan() -> Volume:
    """A trunk of 80 x 90 x 105 mm with a spine, surrounded by air, with noise."""
    random = np.random.default_rng(0)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
    radius = np.hypot(x, y)
    values = np.where(radius < 0.8, 50.0, np.where(radius < 0.95, -100.0, -1000.0))
    values = np.where(np.hypot(x, y - 0.3) < 0.2, 350.0 + 100 * np.sin(12 * z), values)
    voxels = (values + random.normal(0, 15, SHAPE)).round().clip(-1024, 3071).astype(np.int16)
    affine = np.diag([*SPACING[::-1], 1.0])
    affine[:3, 3] = (-50.0, -40.0, -200.0)
    return Volume(voxels, affine)


def outside_circle(shape: tuple[int, ...] = SHAPE) -> npt.NDArray[np.bool_]:
    """The corners of each slice, which a scanner does not reconstruct."""
    _, y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    return np.asarray(np.hypot(x, y) > 1)
