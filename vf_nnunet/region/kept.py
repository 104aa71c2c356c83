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
SMALL_SHARE = 0.2
"""Size below which a component beside the largest one is dropped, relative to the largest one."""
BESIDE_SHARE = 0.9
"""Share of a component's axial planes in which the largest component lies too, from which it lies beside it."""
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
    """The blocks where a vertebra can be: at or above the threshold, in components that can hold a vertebra.

    A component is dropped if it is smaller than a vertebra and does not touch the border of the volume, beyond which it
    may continue. It is also dropped if it lies beside the largest component (`BESIDE_SHARE`) and is much smaller
    (`SMALL_SHARE`): there is one spine in an axial plane, and pieces of a spine that metal or a collapsed vertebra cuts
    lie above each other. The size alone would drop such pieces.

    Args:
        probe: Of the fold.
        smoothed: From `smooth`.
    """
    labels, count = ndimage.label(smoothed >= probe.threshold, structure=np.ones((3, 3, 3)))
    found = np.flatnonzero(labels)
    component = labels.ravel()[found]
    sizes = np.bincount(component, minlength=count + 1)
    kept = sizes >= probe.least_blocks
    for axis in range(3):
        for border in (0, -1):
            kept[np.unique(labels.take(border, axis=axis))] = True
    kept &= ~_beside_largest(component, found // labels[0].size, sizes)
    kept[0] = False
    mask: BlockMask = kept[labels]
    return mask


def _beside_largest(
    component: npt.NDArray[np.integer], plane: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]
) -> BlockMask:
    """For each component whether it is small and most of its planes are also those of the largest component.

    Args:
        component: Of each block.
        plane: Axial plane of each block.
        sizes: Blocks of each component.
    """
    occupied = np.zeros((len(sizes), int(plane.max(initial=0)) + 1), bool)
    occupied[component, plane] = True
    largest = int(np.argmax(sizes))
    shared = (occupied & occupied[largest]).sum(axis=1)
    beside = (sizes < SMALL_SHARE * sizes[largest]) & (shared >= BESIDE_SHARE * occupied.sum(axis=1))
    return np.asarray(beside)


def blocks_per_plane(kept: BlockMask) -> float:
    """Mean number of kept blocks per axial plane that has any; 0 if none has."""
    planes = kept.sum(axis=(1, 2))
    return float(planes[planes > 0].mean()) if planes.any() else 0.0
