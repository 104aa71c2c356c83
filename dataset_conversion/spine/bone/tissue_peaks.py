"""Whether fat and muscle lie where Hounsfield units put them, and whether the scale was stretched or cut off.

Fat is near -100 HU and muscle near 50 HU. In a large part of the body each makes a peak of the histogram. These signs
are good enough for a warning, not for a refusal: small images, and such without fat, have no two peaks.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from dataset_conversion.spine.geometry import FloatArray

_SAMPLE = 2_000_000
"""Voxels that are looked at, about."""
_LOW, _HIGH, _BIN = -400, 400, 4
_SMOOTHING = 3.0
LEAST_PEAK = 0.2
"""Least prominence of a peak, in parts of the highest one."""

SCALES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "twice as wide": ((-250, -160), (30, 150)),
    "half as wide": ((-65, -35), (0, 38)),
    "inverted": ((-80, -10), (75, 125)),
}
"""Places of the lower and the upper of two peaks on scales that are not HU: those of fat, -120 to -80 HU, and of
muscle, 15 to 75 HU, after the change, with a margin."""

LEAST_SPREAD = {"twice as wide": 215.0, "half as wide": 50.0, "inverted": 100.0}
"""Least distance of the two peaks."""

METAL = 2900
"""A scale that is cut off here or above loses nothing but metal, and is that of most scanners."""

CLIPPED_COUNT, CLIPPED_RATIO = 30, 10.0
"""Least count of voxels at the highest value, and how many times more they are than at the values below it."""

COMB_SHARE = 0.99
"""Least share of even numbers between -300 and 300 for a scale in steps of 2."""

LEAST_HALVES = 0.2
"""Least share of halves between -300 and 300 for a scale in steps of 0.5."""

_SOFT = (-300, 300)


def scale_warnings(array: npt.NDArray[Any]) -> list[str]:
    """What a person should check in the scale of a CT that is in Hounsfield units as far as its range tells.

    Args:
        array: Finite voxels (z, y, x).
    """
    step = max(1, int(np.cbrt(array.size / _SAMPLE)))
    values = array[::step, ::step, ::step].ravel()
    return [*_peaks(values), *_cut_off(values), *_comb(values)]


def tissue_peaks(values: npt.NDArray[Any]) -> list[float]:
    """The two most prominent peaks between -400 and 400 HU in ascending order; fewer if there are fewer."""
    counts, edges = np.histogram(values, bins=np.arange(_LOW, _HIGH + _BIN, _BIN))
    smooth = gaussian_filter1d(counts.astype(float), _SMOOTHING, mode="constant")
    found, prominences = prominent_peaks(smooth, LEAST_PEAK * float(smooth.max(initial=0.0)) or 1.0)
    order = np.argsort(prominences)[::-1][:2]
    return sorted(float(edges[place] + _BIN / 2) for place in found[order])


def prominent_peaks(values: FloatArray, least: float) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Peaks and their prominences, as `scipy.signal.find_peaks(values, prominence=least)` gives them.

    Importing `scipy.signal` takes most of a second. A peak is the middle of a run of equal values above both
    neighbours. Its prominence is its height over the higher of two minima: those on either side of it, as far as no
    value is higher.

    Args:
        values: One axis.
        least: Smallest prominence.
    """
    steps = np.flatnonzero(np.diff(values)) + 1
    starts, stops = np.concatenate([[0], steps]), np.concatenate([steps, [len(values)]])
    heights = values[starts]
    tops = np.flatnonzero((heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:])) + 1
    prominences = np.array([_prominence(heights, top) for top in tops.tolist()])
    places = (starts[tops] + stops[tops] - 1) // 2
    chosen = prominences >= least
    return places[chosen], prominences[chosen]


def _prominence(heights: FloatArray, top: int) -> float:
    higher = np.flatnonzero(heights > heights[top])
    before, after = higher[higher < top], higher[higher > top]
    first = before[-1] + 1 if before.size else 0
    last = after[0] if after.size else len(heights)
    return float(heights[top] - max(heights[first : top + 1].min(), heights[top:last].min()))


def _peaks(values: npt.NDArray[Any]) -> list[str]:
    peaks = tissue_peaks(values)
    if len(peaks) < 2:
        return []
    lower, upper = peaks
    found = f"peaks of the histogram at {lower:.0f} and {upper:.0f}"
    return [
        f"{found}; expected fat near -100 and muscle near 50 HU: the scale may be {name}"
        for name, (low, high) in SCALES.items()
        if low[0] <= lower <= low[1] and high[0] <= upper <= high[1] and upper - lower >= LEAST_SPREAD[name]
    ]


def _cut_off(values: npt.NDArray[Any]) -> list[str]:
    highest = float(values.max())
    if highest >= METAL:
        return []
    count = int(np.count_nonzero(values == highest))
    below = int(np.count_nonzero((values >= highest - 20) & (values < highest)))
    if count < CLIPPED_COUNT or count < CLIPPED_RATIO * below / 20:
        return []
    return [f"{count} voxels at exactly {highest:g}, the brightest; expected single ones: brighter bone was cut off"]


def _comb(values: npt.NDArray[Any]) -> list[str]:
    """Steps of the scale other than 1 HU. Images that were interpolated without rounding have no steps."""
    soft = values[(values >= _SOFT[0]) & (values <= _SOFT[1])]
    halves = np.rint(2 * soft.astype(np.float32))
    if not soft.size or not np.array_equal(halves, 2 * soft.astype(np.float32)):
        return []
    if np.mean(halves % 2 == 1) > LEAST_HALVES:
        return ["values in steps of 0.5; expected steps of 1 HU: the scale may be half as wide"]
    if np.mean(halves % 4 == 0) >= COMB_SHARE:
        return ["values in steps of 2; expected steps of 1 HU: the scale may be twice as wide"]
    return []
