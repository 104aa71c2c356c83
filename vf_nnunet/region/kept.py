"""From the probe's scores to the blocks where a vertebra can be."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from vf_nnunet.inference.weights import FloatArray, Probe

SMOOTHING_VOXELS = 6.0
"""Standard deviation of the Gaussian over the probability, in voxels of the network's grid, which are 1 mm."""
TRUNCATION = 3.0
"""Standard deviations at which the Gaussian ends."""
LARGEST_SCORE = 30.0
"""Scores are clipped to this, whose probability is 1 in float32."""

BlockMask = npt.NDArray[np.bool_]
"""One value (z, y, x) per block of the subsampled pathway."""


def block_probability(score: FloatArray) -> FloatArray:
    """The probability that a vertebra is in a block."""
    clipped = np.clip(score, -LARGEST_SCORE, LARGEST_SCORE)
    return np.asarray(1 / (1 + np.exp(-clipped)), np.float32)


def smooth(probability: FloatArray, factor: Sequence[int]) -> FloatArray:
    """Smooth the probability of blocks; the outermost blocks are repeated beyond the border.

    Args:
        probability: (z, y, x).
        factor: Voxels (z, y, x) of a block.
    """
    deviations = [SMOOTHING_VOXELS / step for step in factor]
    smoothed: FloatArray = ndimage.gaussian_filter(probability, deviations, mode="nearest", truncate=TRUNCATION)
    return smoothed


def kept_blocks(probe: Probe, smoothed: FloatArray) -> BlockMask:
    """The blocks where a vertebra can be: at or above the threshold, and not in a component smaller than a vertebra.

    The size is absolute. A share of the largest component would drop vertebrae where metal, a collapsed vertebra or the
    field of view cuts the spine into pieces. A component at the border of the volume is kept whatever its size, as it
    may continue beyond it.

    Args:
        probe: Of the fold.
        smoothed: From `smooth`.
    """
    labels, count = ndimage.label(smoothed >= probe.threshold, structure=np.ones((3, 3, 3)))
    kept = np.bincount(labels.ravel(), minlength=count + 1) >= probe.least_blocks
    for axis in range(3):
        for border in (0, -1):
            kept[np.unique(labels.take(border, axis=axis))] = True
    kept[0] = False
    found: BlockMask = kept[labels]
    return found


def blocks_per_plane(kept: BlockMask) -> float:
    """Mean number of kept blocks per axial plane that has any; 0 if none has."""
    planes = kept.sum(axis=(1, 2))
    return float(planes[planes > 0].mean()) if planes.any() else 0.0
