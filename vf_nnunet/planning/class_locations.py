"""The voxels of each class that nnU-Net draws for its oversampling, exactly, in less memory."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

SEED = 1234
LEAST_SAMPLES = 10_000
"""Voxels that are drawn of each class, or all if there are fewer."""
LEAST_SHARE = 0.01
"""Share of a class's voxels that is drawn at least."""

Classes = Sequence[int | tuple[int, ...]]
Locations = dict[Hashable, npt.NDArray[np.int64] | list[Any]]


def location_classes(labels: dict[str, int], ignore: str) -> list[int | tuple[int, ...]]:
    """The classes whose voxels nnU-Net draws: the foreground, and all annotated voxels if some are to be ignored.

    Args:
        labels: Value by name, from `dataset.json`; background is 0.
        ignore: Name of the label of voxels that do not count.
    """
    values = sorted(value for name, value in labels.items() if name != ignore)
    foreground: list[int | tuple[int, ...]] = [value for value in values if value != 0]
    # -1 is nnU-Net's label of the zeros around the image.
    return [*foreground, (-1, *values)] if ignore in labels else foreground


def class_locations(labels: npt.NDArray[Any], classes: Classes) -> Locations:
    """Draw voxels of each class as nnU-Net's `DefaultPreprocessor` does.

    Args:
        labels: (z, y, x).
        classes: Labels, or tuples of labels that are drawn together.

    Returns:
        For each class the drawn voxels as rows (0, z, y, x), an empty list for a class without voxels.
    """
    random = np.random.RandomState(SEED)
    parts = {part: part if isinstance(part, tuple) else (part,) for part in classes}
    counts = {
        label: np.array([np.count_nonzero(plane == label) for plane in labels])
        for label in set(chain.from_iterable(parts.values()))
    }
    return {
        part: _draw_from(random, labels, {label: counts[label] for label in own if counts[label].any()})
        for part, own in parts.items()
    }


def _draw_from(
    random: np.random.RandomState, labels: npt.NDArray[Any], counts: Mapping[int, npt.NDArray[np.int64]]
) -> npt.NDArray[np.int64] | list[Any]:
    """Draw voxels of some labels, the first label's before the second's, as rows (0, z, y, x).

    Args:
        random: Is used once, unless there is no voxel.
        labels: (z, y, x).
        counts: By label its number of voxels in each plane.
    """
    if not counts:
        return []
    sizes = [int(planes.sum()) for planes in counts.values()]
    drawn = _draw(random, sum(sizes))
    ends = np.cumsum(sizes)
    which = np.searchsorted(ends, drawn, side="right")
    ranks = drawn - (ends - sizes)[which]
    chosen = np.zeros((len(drawn), 4), dtype=np.int64)
    for number, (label, planes) in enumerate(counts.items()):
        chosen[which == number, 1:] = _voxels(labels, label, planes, ranks[which == number])
    return chosen


def _draw(random: np.random.RandomState, total: int) -> npt.NDArray[np.int64]:
    """`random.choice(total, replace=False)` of nnU-Net's number of voxels, in less memory."""
    samples = max(min(LEAST_SAMPLES, total), int(np.ceil(total * LEAST_SHARE)))
    numbers = np.arange(total, dtype=np.int32 if total <= np.iinfo(np.int32).max else np.int64)
    # What choice() does: the random numbers do not depend on the type of the array.
    random.shuffle(numbers)
    return numbers[:samples].astype(np.int64)


def _voxels(
    labels: npt.NDArray[Any], label: int, counts: npt.NDArray[np.int64], ranks: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Voxels (n, 3) of a label by their rank in C order, plane by plane.

    Args:
        labels: (z, y, x).
        label: The label.
        counts: Its number of voxels in each plane.
        ranks: From 0.
    """
    ends = np.cumsum(counts)
    planes = np.searchsorted(ends, ranks, side="right")
    within = ranks - (ends - counts)[planes]
    voxels = np.empty((len(ranks), 3), dtype=np.int64)
    order = np.argsort(planes, kind="stable")
    starts = np.searchsorted(planes[order], np.arange(len(labels) + 1))
    for z in np.unique(planes):
        rows = order[starts[z] : starts[z + 1]]
        flat = np.flatnonzero(labels[z] == label)[within[rows]]
        voxels[rows, 0] = z
        voxels[rows, 1], voxels[rows, 2] = np.divmod(flat, labels.shape[2])
    return voxels
