"""The 65535 levels in which probability maps are stored, and which make every score exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray

# A map is stored as uint16: the ranks near 0 and 1, which decide an ROC curve, need more than 8 bits.
PROBABILITY_LEVELS = 65535

# Half a level: what storing can move a probability by, and so what may be beyond 0 and 1 without being an error.
HALF_LEVEL = 0.5 / PROBABILITY_LEVELS

Levels = npt.NDArray[np.uint16]


def quantise(probability: FloatArray) -> Levels:
    """The nearest level of each voxel, of the same shape; what is beyond 0 and 1 becomes 0 or 1."""
    levels: Levels = np.rint(np.clip(probability, 0.0, 1.0) * np.float32(PROBABILITY_LEVELS)).astype(np.uint16)
    return levels


def probability_of(levels: npt.NDArray[np.unsignedinteger | np.floating]) -> npt.NDArray[np.float32]:
    """The probability that each level stands for, float32 of the same shape."""
    probability: npt.NDArray[np.float32] = levels.astype(np.float32) / np.float32(PROBABILITY_LEVELS)
    return probability


def check_probability(source: Path, probability: FloatArray) -> None:
    """Refuse anything but probabilities.

    Args:
        source: The file that the finding names.
        probability: Of any shape.

    Raises:
        InputError: When a value is NaN, or more than half a level below 0 or above 1.
    """
    lowest, highest = float(probability.min()), float(probability.max())
    # A NaN anywhere makes both extremes NaN, and every comparison with it false.
    if not (lowest >= -HALF_LEVEL and highest <= 1.0 + HALF_LEVEL):
        raise InputError(f"{source}: values {lowest:g} to {highest:g}; wanted probabilities from 0 to 1 without NaN")
