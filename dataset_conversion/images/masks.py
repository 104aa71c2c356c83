"""Recognise masks and maps by name, by folder and by content, so that none is taken for a CT."""

import re
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource

_MASK_NAME = re.compile(r"_seg-|(?:^|[._-])(?:d?seg|segmentations?|msk|masks?|labels?|labelmap)$", re.IGNORECASE)
_MASK_FOLDERS = frozenset(
    {"gt_segmentations", "label", "labels", "labelstr", "labelsts", "labelsval", "mask", "masks", "msk", "seg", "segs"}
    | {"segmentation", "segmentations"}
)

LARGEST_LABEL = 65535
"""Labels are whole numbers up to this one."""

UNIFORM_SHARE = 0.8
"""A mask's voxels mostly have the value of their neighbours; noise makes this rare in a CT. The share is taken of the
pairs of neighbours along x that both lie above the lowest value. In TotalSegmentator's and VerSe's masks it is above
0.9, in a CT that was clipped to a window of grey values below 0.5."""


class MaskError(InputError):
    """An image is a mask or a map, not a CT."""


def is_mask_name(stem: str) -> bool:
    """Whether a file's name without its ending says that it is a mask: `a_seg`, `a-label`, `a.seg`, `a_mask`."""
    return bool(_MASK_NAME.search(stem))


def mask_folder(path: PurePath, root: Path) -> str | None:
    """The folder between `root` and a file that is named after masks, as `segmentations` or `labelsTr`; or None."""
    folders = path.relative_to(root).parent.parts
    return next((folder for folder in folders if folder.lower() in _MASK_FOLDERS), None)


def check_no_mask(path: ImageSource, array: npt.NDArray[Any], extremes: tuple[float, float] | None = None) -> None:
    """Check that voxels are not those of a mask or a map.

    Args:
        path: The file, for the message.
        array: Voxels (z, y, x), finite.
        extremes: The lowest and the highest value, if they are known.

    Raises:
        MaskError: If all voxels lie between 0 and 1, or are whole numbers from 0 on that are uniform over regions.
    """
    lowest, highest = extremes or (float(array.min()), float(array.max()))
    if lowest < 0:
        return
    if highest <= 1:
        kind = "a mask or a map of probabilities"
    elif highest <= LARGEST_LABEL and is_whole(array) and _uniform_share(array, lowest) >= UNIFORM_SHARE:
        kind = "a mask of labels"
    else:
        return
    raise MaskError(f"{path}: values from {lowest:g} to {highest:g}, {kind}; expected a CT in HU")


def is_whole(array: npt.NDArray[Any]) -> bool:
    """Whether all voxels (z, y, x) are whole numbers."""
    return array.dtype.kind in "iub" or all(np.array_equal(plane, np.rint(plane)) for plane in array)


def _uniform_share(array: npt.NDArray[Any], lowest: Any) -> float:
    """Share of the pairs of neighbours along x, both above the lowest value, that have one value."""
    pairs = equal = 0
    for plane in array:
        before, after = plane[:, :-1], plane[:, 1:]
        above = (before > lowest) & (after > lowest)
        pairs += int(np.count_nonzero(above))
        equal += int(np.count_nonzero(above & (before == after)))
    return equal / pairs if pairs else 0.0
