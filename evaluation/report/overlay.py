"""Overlay of the fracture probability, from blue to red, on a grey CT, as in Figures 6 and 7 of the paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray

ByteImage = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class BlendStyle:
    """Look of the overlay.

    Attributes:
        window: Lowest and highest Hounsfield unit shown, a bone window.
        lowest_probability: Lower probabilities are not shown (paper: 0.05).
        opacity: Opacity of the probabilities shown.
        colours: matplotlib's name of a ColorBrewer scale from blue to red, whose ends colour-blind readers can tell
            apart.
        without_ct: Grey value, 0 to 1, where there is no CT.
    """

    window: tuple[float, float] = (-300.0, 1200.0)
    lowest_probability: float = 0.05
    opacity: float = 0.5
    colours: str = "RdYlBu_r"
    without_ct: float = 0.12


STYLE = BlendStyle()

STOPS = (
    *((49, 54, 149), (69, 117, 180), (116, 173, 209), (171, 217, 233), (224, 243, 248), (255, 255, 191)),
    *((254, 224, 144), (253, 174, 97), (244, 109, 67), (215, 48, 39), (165, 0, 38)),
)
"""The colours of `BlendStyle.colours`, red, green and blue from 0 to 255. A prediction, which draws a small picture of
each case, does not wait for matplotlib."""


def blend(hounsfield: FloatArray, probability: FloatArray) -> ByteImage:
    """Red, green and blue (rows, columns, 3) of a slice.

    Args:
        hounsfield: (rows, columns), NaN where there is no CT.
        probability: (rows, columns), 0 to 1.
    """
    low, high = STYLE.window
    grey = np.clip((hounsfield - low) / (high - low), 0, 1)
    grey = np.where(np.isnan(grey), STYLE.without_ct, grey)[..., None]
    colour = _colours(probability)
    opacity = np.where(probability >= STYLE.lowest_probability, STYLE.opacity, 0.0)[..., None]
    blended: ByteImage = np.rint(255 * (grey * (1 - opacity) + colour * opacity)).astype(np.uint8)
    return blended


def colour_stops(count: int) -> list[tuple[int, int, int]]:
    """Evenly spaced colours of the scale (red, green and blue, 0 to 255) for use outside matplotlib."""
    return [(int(red), int(green), int(blue)) for red, green, blue in np.rint(255 * _colours(np.linspace(0, 1, count)))]


def _colours(probability: FloatArray) -> FloatArray:
    """Red, green and blue, 0 to 1 (..., 3), as matplotlib's scale of 256 colours has them."""
    steps = np.linspace(0, 1, 256)
    scale = (
        np.column_stack(
            [np.interp(steps, np.linspace(0, 1, len(STOPS)), channel) for channel in zip(*STOPS, strict=True)]
        )
        / 255
    )
    colours: FloatArray = scale[np.clip(np.asarray(probability) * 256, 0, 255).astype(int)]
    return colours
