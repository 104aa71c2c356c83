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


def blend(hounsfield: FloatArray, probability: FloatArray) -> ByteImage:
    """Red, green and blue (rows, columns, 3) of a slice.

    Args:
        hounsfield: (rows, columns), NaN where there is no CT.
        probability: (rows, columns), 0 to 1.
    """
    from matplotlib import colormaps

    low, high = STYLE.window
    grey = np.clip((hounsfield - low) / (high - low), 0, 1)
    grey = np.where(np.isnan(grey), STYLE.without_ct, grey)[..., None]
    colour = colormaps[STYLE.colours](probability)[..., :3]
    opacity = np.where(probability >= STYLE.lowest_probability, STYLE.opacity, 0.0)[..., None]
    blended: ByteImage = np.rint(255 * (grey * (1 - opacity) + colour * opacity)).astype(np.uint8)
    return blended


def colour_stops(count: int) -> list[tuple[int, int, int]]:
    """Evenly spaced colours of the scale (red, green and blue, 0 to 255) for use outside matplotlib."""
    from matplotlib import colormaps

    scale = colormaps[STYLE.colours](np.linspace(0, 1, count))[:, :3]
    return [(int(red), int(green), int(blue)) for red, green, blue in np.rint(255 * scale)]
