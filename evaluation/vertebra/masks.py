"""Vertebra masks that belong to a vertebra table: the file of a case and the label of a vertebra.

The label is the mask's value at the centroid. Any numbering can therefore be read: that of the phantoms (rows of the
table), of VerSe (levels) and others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, is_inside, world_to_index
from dataset_conversion.spine.records.folder_walk import walk_folder
from dataset_conversion.spine.vertebra_table import Vertebra

ENDINGS = (".nii.gz", "_seg-vb_msk.nii.gz", "_seg-vert_msk.nii.gz")
"""Ends of a mask's file name, after the case: of phantoms and of VerSe; vertebral bodies before whole vertebrae."""


def find_masks(folder: Path, case_ids: Iterable[str]) -> dict[str, Path]:
    """Find the mask of each case, anywhere below a folder. Links are followed, and endings read in any case.

    Raises:
        InputError: If a case has no mask, or several with the same ending; all problems at once.
    """
    found = _masks_by_name(folder)
    masks, problems = {}, []
    for case_id in case_ids:
        named = next((found[f"{case_id}{ending}"] for ending in ENDINGS if f"{case_id}{ending}" in found), [])
        if len(named) == 1:
            masks[case_id] = named[0]
        else:
            names = " or ".join(f"{case_id}{ending}" for ending in ENDINGS)
            problems.append(f"{folder}: {len(named)} masks of case {case_id}; expected one, named {names}")
    if problems:
        raise InputError(problems)
    return masks


def _masks_by_name(folder: Path) -> dict[str, list[Path]]:
    """The masks below a folder by their names, with the ending in lower case."""
    found: dict[str, list[Path]] = {}
    longest_first = sorted(ENDINGS, key=len, reverse=True)
    for path in walk_folder(folder).files:
        ending = next((ending for ending in longest_first if path.name.lower().endswith(ending)), "")
        if ending and path.exists():
            found.setdefault(f"{path.name[: -len(ending)]}{ending}", []).append(path)
    return found


def labels_at(path: Path, mask: FloatArray, affine: FloatArray, vertebrae: Sequence[Vertebra]) -> list[float]:
    """The mask's value at each vertebra's centroid; 0 if an ungraded vertebra has no label of its own.

    Args:
        path: The file that messages name.
        mask: (z, y, x).
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        vertebrae: The vertebrae of the case.

    Raises:
        InputError: If graded vertebrae have no label, or share it with another vertebra; all problems at once.
    """
    found = _values_at(mask, affine, vertebrae)
    counts = Counter(found)
    own = [label != 0 and counts[label] == 1 for label in found]
    problems = [
        f"{path}: {label:g} at the centroid of {vertebra.vertebra}; expected a label of its own"
        for vertebra, label, is_own in zip(vertebrae, found, own, strict=True)
        if vertebra.grade is not None and not is_own
    ]
    if problems:
        raise InputError(problems)
    return [label if is_own else 0.0 for label, is_own in zip(found, own, strict=True)]


def _values_at(mask: FloatArray, affine: FloatArray, vertebrae: Sequence[Vertebra]) -> list[float]:
    """The mask's value at each centroid; 0 outside the mask."""
    index = np.rint(world_to_index(affine, [vertebra.centroid for vertebra in vertebrae])).astype(int)
    inside = is_inside(mask.shape, index.astype(float))
    return [float(mask[tuple(place)]) if within else 0.0 for place, within in zip(index, inside, strict=True)]
