"""Enhanced multi-frame images, whose functional groups say of each frame what a file of one slice says of itself."""

from collections.abc import Collection, Iterator
from typing import Any

GROUP_TAGS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def frame_headers(header: Any, names: Collection[str]) -> list[Any]:
    """A header for each frame, as that of a file of one slice; none for an image without functional groups.

    Elements of a frame's own groups go before shared ones, and these before those of the file. Legacy converted images
    have the elements that no group is for in groups of unassigned attributes, which are read likewise.

    Args:
        header: The header of the file.
        names: Names of the elements to keep.
    """
    from pydicom.dataset import Dataset

    groups = header.get("PerFrameFunctionalGroupsSequence")
    if not groups:
        return []
    common = Dataset()
    for element in header:
        if element.keyword in names:
            common.add(element)
    for item in header.get("SharedFunctionalGroupsSequence") or ():
        _take(common, item, names)
    frames = []
    for item in groups:
        frame = Dataset()
        frame.update(common)
        _take(frame, item, names)
        frames.append(frame)
    return frames


def _take(target: Any, functional_groups: Any, names: Collection[str]) -> None:
    for element in _elements(functional_groups):
        if element.keyword == "FrameType":
            target.ImageType = element.value
        elif element.keyword in names:
            target.add(element)


def _elements(functional_groups: Any) -> Iterator[Any]:
    """The elements in the first item of each functional group."""
    for group in functional_groups:
        if group.VR == "SQ" and group.value:
            yield from group.value[0]
