"""Probabilities quantised to 65535 steps, as maps are stored: every score is exact for them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray

QUANTISATION_STEPS = 65535
"""Maps are stored as uint16: the ranks near 0 and 1, which decide an ROC curve, need more than 8 bits."""

STEP = np.float32(1.0 / QUANTISATION_STEPS)
"""Probability of one step, in the precision of a NIfTI header's `scl_slope`."""

HALF_STEP = 0.5 / QUANTISATION_STEPS
"""The largest change of a probability by quantisation. Values this far outside 0 to 1 are still accepted."""

THRESHOLD_TOLERANCE = 1e-3
"""In steps. A quantised probability meets a threshold that names it, whatever the rounding of floats."""

QuantisedArray = npt.NDArray[np.uint16]
"""Probabilities as a number of steps, 0 to `QUANTISATION_STEPS`."""


def quantise(probability: FloatArray) -> QuantisedArray:
    """The nearest step of each probability.

    Args:
        probability: One axis or more. Values beyond 0 and 1 become 0 and 1.

    Returns:
        An array of the same shape.
    """
    quantised: QuantisedArray = np.empty(probability.shape, np.uint16)
    # One plane at a time: temporary floating-point copies of a whole map would take several times its memory.
    for index, plane in enumerate(probability):
        quantised[index] = np.rint(np.clip(plane, 0.0, 1.0) * np.float32(QUANTISATION_STEPS))
    return quantised


def dequantise(quantised: npt.NDArray[np.unsignedinteger | np.floating]) -> npt.NDArray[np.float32]:
    """The probabilities, float32 of the same shape, exactly as a NIfTI reader computes them from a stored map."""
    probability: npt.NDArray[np.float32] = quantised.astype(np.float32)
    probability *= STEP
    return probability


def quantised_threshold(probability_threshold: float) -> int:
    """The lowest step at or above a threshold; at least 1, because every voxel reaches 0."""
    return max(1, math.ceil(probability_threshold * QUANTISATION_STEPS - THRESHOLD_TOLERANCE))


def check_probability(source: object, probability: FloatArray) -> None:
    """Refuse anything but probabilities.

    Args:
        source: The file that the message names.
        probability: Any shape.

    Raises:
        InputError: If a value is NaN, or more than half a step below 0 or above 1.
    """
    lowest, highest = float(probability.min()), float(probability.max())
    # A NaN anywhere makes both extremes NaN, and every comparison with it false.
    if not (lowest >= -HALF_STEP and highest <= 1.0 + HALF_STEP):
        raise InputError(f"{source}: values {lowest:g} to {highest:g}; expected probabilities from 0 to 1 without NaN")
