"""What it costs to resample a tilted series first to right angles and then to 1 mm, instead of to 1 mm at once.

A CT is the truth: slices tilted by 18.5 degrees are sampled from it by cubic splines, and values at points 1 mm apart
are compared with its own.

    python -m benchmarks.tilt CT
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.dicom.resampling import plan_resampling
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.geometry import FloatArray, world_to_index

TILT = 18.5
VOXELS = 160
SPACING = 0.7
LENGTH = 90.0


def main() -> None:
    """Print a line for each distance of slices."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("ct", type=Path, metavar="CT", help="a CT of at least 120 mm along each axis")
    ct = read_ct(parser.parse_args().ct)
    for distance in (1.0, 2.5):
        at_once, in_two = errors(ct, distance)
        sys.stdout.write(f"slices of {distance:g} mm: RMS error {at_once:.2f} HU at once, {in_two:.2f} in two steps\n")


def errors(ct: Volume, distance: float) -> tuple[float, float]:
    """RMS errors in HU of 1 mm points around the middle of a CT, at once and in two steps.

    Args:
        ct: The CT on canonical axes.
        distance: Distance of the slices along their normal in mm.
    """
    spline = ndimage.spline_filter(ct.array.astype(np.float32), order=3)
    centre = ct.index_to_world(np.array(ct.array.shape) / 2)[0]
    tilt = np.radians(TILT)
    steps = SPACING * np.array([[1.0, 0.0, 0.0], [0.0, np.cos(tilt), -np.sin(tilt)]])
    count = int(LENGTH / distance)
    along = (np.arange(count) - count / 2)[:, np.newaxis] * np.array([0.0, 0.0, distance / np.cos(tilt)])
    positions = centre + along - VOXELS / 2 * steps.sum(axis=0)
    rows, columns = np.mgrid[0:VOXELS, 0:VOXELS]
    within = columns[..., np.newaxis] * steps[0] + rows[..., np.newaxis] * steps[1]
    planes = np.rint([values(spline, ct.affine, position + within) for position in positions]).astype(np.int16)
    points = centre + np.stack(np.meshgrid(*[np.arange(-20.0, 21.0)] * 2, np.arange(-15.0, 16.0)), axis=-1)
    truth = values(spline, ct.affine, points)
    sheared = np.eye(4)
    sheared[:3, :3] = np.column_stack([*steps, positions[1] - positions[0]])
    sheared[:3, 3] = positions[0]
    resampling = plan_resampling(steps, positions, (VOXELS, VOXELS), True)
    found = [(planes, sheared), (resampling.apply(planes), resampling.affine)]
    at_once, in_two = (
        float(np.sqrt(np.mean((values(ndimage.spline_filter(array.astype(float)), affine, points) - truth) ** 2)))
        for array, affine in found
    )
    return at_once, in_two


def values(spline: FloatArray, affine: FloatArray, points: FloatArray) -> FloatArray:
    """HU at LPS points (..., 3) by cubic splines."""
    index = world_to_index(affine, points.reshape(-1, 3)).T
    return np.asarray(ndimage.map_coordinates(spline, index, order=3, prefilter=False).reshape(points.shape[:-1]))


if __name__ == "__main__":
    main()
