"""Hounsfield units: whether voxels are in them, and voxels below air set to air."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from dataset_conversion.spine.settings import settings

AIR = -1024
"""The lowest HU that a 12-bit scanner stores. No tissue is darker; below it lies only padding, noise and ringing."""

_NOT_AIR = -900
"""HU above which a voxel is not air. Real air has noise around -1000."""

_BONE_OFFSET = "offset (HU + 1000 or HU + 1024) or inverted"


@settings
class HounsfieldRange:
    """Values of a CT. A volume with other values is not in Hounsfield units.

    Shares are parts of all voxels. They were chosen so that whole scans and small crops inside the body pass.

    Attributes:
        lowest: Below any padding value that scanners write.
        highest: Above any metal, also on an extended scale.
        least_maximum: Every spine holds some bone brighter than this.
        greatest_minimum: Every field of view holds some fat, gas or air darker than this.
        least_tissue: Smallest share of voxels between -200 and 200 HU: fat, muscle, blood and water.
        least_bone: Smallest share of voxels above 150 HU.
        most_dense: Largest share of voxels above 700 HU: cortical bone, metal and contrast.
        most_cut_off: Largest share of voxels at the darkest value if that is not air, or at the brightest value if that
            is darker than metal. More means that a window was applied.
        most_equal: Largest share of the voxels of a slice with the same value, if that is not air. CT is noisy.
        most_below_air: Largest share of voxels below -1100 HU besides the three most common values, which are padding.
    """

    lowest: Annotated[float, Field(le=-1024)] = -5000.0
    highest: Annotated[float, Field(ge=3071)] = 40000.0
    least_maximum: Annotated[float, Field(ge=0)] = 100.0
    greatest_minimum: Annotated[float, Field(ge=-1024)] = 0.0
    least_tissue: Annotated[float, Field(ge=0, lt=1)] = 0.02
    least_bone: Annotated[float, Field(ge=0, lt=1)] = 0.001
    most_dense: Annotated[float, Field(gt=0, le=1)] = 0.3
    most_cut_off: Annotated[float, Field(gt=0, le=1)] = 0.005
    most_equal: Annotated[float, Field(gt=0, le=1)] = 0.3
    most_below_air: Annotated[float, Field(gt=0, le=1)] = 0.1

    @model_validator(mode="after")
    def _check_order(self) -> "HounsfieldRange":
        if not self.greatest_minimum < self.least_maximum <= self.highest:
            raise ValueError(
                f"greatest_minimum is {self.greatest_minimum:g}, least_maximum {self.least_maximum:g} and highest "
                f"{self.highest:g}; expected ascending values"
            )
        return self


def check_hounsfield(
    array: npt.NDArray[Any], limits: HounsfieldRange | None = None, extremes: tuple[float, float] | None = None
) -> list[str]:
    """Reasons why the voxels are not Hounsfield units, one sentence each; empty for a valid CT.

    Args:
        array: Finite voxels (z, y, x).
        limits: What a CT can hold.
        extremes: The lowest and the highest value, if they are known.
    """
    limits = limits or HounsfieldRange()
    lowest, highest = extremes or (float(array.min()), float(array.max()))
    problems = _range_problems(lowest, highest, limits)
    if problems:
        return problems
    histogram = _Histogram(array)
    found = f"values from {lowest:g} to {highest:g}"
    return [f"{found}, {problem}" for problem in _share_problems(histogram, limits)]


def set_air(array: npt.NDArray[Any], in_place: bool = False) -> tuple[npt.NDArray[Any], str | None]:
    """Set voxels below air to air, whatever the value with which a scanner or a program padded the image.

    Args:
        array: Finite voxels (z, y, x).
        in_place: Change the array itself if it can be written to; a copy of a large CT takes a second.

    Returns:
        The array itself if no voxel is below air, or it was changed, otherwise a copy; and a sentence that counts the
        changed voxels.
    """
    lowest = float(array.min())
    if lowest >= AIR:
        return array, None
    count = sum(int(np.count_nonzero(plane < AIR)) for plane in array)
    share = 100 * count / array.size
    sentence = f"{count} voxels ({share:.2g} %) below {AIR} HU, down to {lowest:g}, set to {AIR} HU (air)"
    target = array if in_place and array.flags.writeable else None
    return np.maximum(array, array.dtype.type(AIR), out=target), sentence


def stored_value_problems(array: npt.NDArray[Any], not_here: str) -> list[str]:
    """What is wrong with the values of a CT that is used as it is stored, without `set_air`; one clause each.

    Args:
        array: Finite voxels (z, y, x).
        not_here: Follows the number of voxels that `set_air` would change.
    """
    problems = check_hounsfield(array)
    _, changed = set_air(array)
    return [*problems, *([f"{changed} {not_here}"] if changed else [])]


class _Histogram:
    """Counts of voxels in bins of 1 HU, of the volume and the most common value of each slice."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.first = int(np.floor(array.min()))
        self.size = array.size
        self.counts = np.zeros(int(np.ceil(array.max())) - self.first + 1, np.int64)
        self.fullest: list[tuple[float, int]] = []
        for counts in self._planes(array):
            self.counts += counts
            tissue = counts[max(_NOT_AIR - self.first, 0) :]
            value = int(np.argmax(tissue)) if tissue.size else 0
            share = float(tissue[value]) / max(int(counts.sum()), 1) if tissue.size else 0.0
            self.fullest.append((share, value + max(self.first, _NOT_AIR)))

    def share(self, low: float, high: float) -> float:
        """Share of the voxels from `low` to below `high`."""
        start, stop = (int(np.clip(value - self.first, 0, self.counts.size)) for value in (low, high))
        return float(self.counts[start:stop].sum()) / self.size

    def _planes(self, array: npt.NDArray[Any]) -> Iterator[npt.NDArray[np.int64]]:
        for plane in array:
            whole = plane if plane.dtype.kind in "iu" else np.rint(plane)
            bins = whole.astype(np.int64).ravel() - self.first
            yield np.bincount(bins, minlength=self.counts.size)


def _range_problems(lowest: float, highest: float, limits: HounsfieldRange) -> list[str]:
    problems = []
    if lowest < limits.lowest or highest > limits.highest:
        expected = f"{limits.lowest:g}..{limits.highest:g}"
        problems.append(f"values from {lowest:g} to {highest:g}; expected HU within {expected}")
    if highest < limits.least_maximum:
        problems.append(
            f"brightest voxel is {highest:g}, darkest {lowest:g}; expected bone of {limits.least_maximum:g} HU or more"
        )
    elif lowest >= limits.greatest_minimum:
        problems.append(
            f"darkest voxel is {lowest:g}, brightest {highest:g}; expected fat or air below "
            f"{limits.greatest_minimum:g} HU: a window (0..255) or an offset (HU + 1000 or HU + 1024) is not HU"
        )
    return problems


def _share_problems(histogram: _Histogram, limits: HounsfieldRange) -> list[str]:
    dense = histogram.share(700, np.inf)
    if dense > limits.most_dense:
        return [f"{dense:.0%} above 700; expected HU with at most {limits.most_dense:.0%}: {_BONE_OFFSET}"]
    bone = histogram.share(300, 700)
    if dense > max(0.03, 2 * bone):
        return [f"{dense:.0%} above 700, {bone:.1%} from 300 to 700; expected less cortical than other bone: inverted"]
    tissue = histogram.share(-200, 200)
    if tissue < limits.least_tissue:
        return [f"{tissue:.1%} from -200 to 200; expected HU with at least {limits.least_tissue:.0%}: {_BONE_OFFSET}"]
    problems = [*_window_problems(histogram, limits), *_shape_problems(histogram, limits)]
    bone = histogram.share(150, np.inf)
    if not problems and bone < limits.least_bone:
        return [f"{bone:.2%} above 150; expected HU with at least {limits.least_bone:.1%} bone: wrong rescaling"]
    return problems


def _window_problems(histogram: _Histogram, limits: HounsfieldRange) -> list[str]:
    """Darkest and brightest values at which the scale was cut off."""
    first, last = histogram.first, histogram.first + histogram.counts.size - 1
    ends = [first] if first > _NOT_AIR else []
    ends += [last] if last < 1500 else []
    return [
        f"{share:.1%} at exactly {value}; expected the whole HU scale: a window was applied"
        for value in ends
        if (share := histogram.share(value, value + 1)) > limits.most_cut_off
    ]


def _has_inverted_bone(histogram: _Histogram) -> bool:
    """Whether the dark voxels are distributed like bone: fewer and fewer away from soft tissue, and no bone opposite.

    Air and lung are most frequent near -1000 and between -900 and -600 HU.
    """
    near, middle, far = (histogram.share(low, low + 200) for low in (-500, -700, -900))
    return near > 1.5 * middle and middle > far and near > 0.01 and near + middle > 2 * histogram.share(300, np.inf)


def _shape_problems(histogram: _Histogram, limits: HounsfieldRange) -> list[str]:
    problems = []
    if _has_inverted_bone(histogram):
        problems.append(f"{histogram.share(-700, -300):.1%} from -700 to -300; expected HU of a spine: inverted")
    below = histogram.counts[: max(-1100 - histogram.first, 0)]
    varied = float(below.sum() - np.sort(below)[-3:].sum()) / histogram.size
    if varied > limits.most_below_air:
        problems.append(f"{varied:.0%} of various values below -1100; expected air near -1000 HU: wrong rescaling")
    share, value = max(histogram.fullest)
    if share > limits.most_equal:
        number = histogram.fullest.index((share, value)) + 1
        problems.append(
            f"{share:.0%} of slice {number} at exactly {value}; expected noise: an incomplete file, or padding that "
            f"must be set to {AIR}"
        )
    return problems
