"""Masks of vertebrae beside a vertebra table: which file is a case's, and which label is a vertebra's.

The label is what the mask holds at the vertebra's centroid, so that every way of numbering can be read: the phantoms'
(rows of the table), VerSe's (levels) and any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, is_inside, world_to_index
from dataset_conversion.spine.vertebra_table import Vertebra

ENDINGS = (".nii.gz", "_seg-vb_msk.nii.gz", "_seg-vert_msk.nii.gz")
"""What follows the case id in a mask's name: the phantoms' masks, and VerSe's; bodies before whole vertebrae."""


def find_masks(folder: Path, case_ids: Iterable[str]) -> dict[str, Path]:
    """The mask of each case, anywhere below a folder.

    Raises:
        InputError: All cases at once that have no mask, or several of the same ending.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.nii.gz")):
        found.setdefault(path.name, []).append(path)
    masks, findings = {}, []
    for case_id in case_ids:
        named = next((found[f"{case_id}{ending}"] for ending in ENDINGS if f"{case_id}{ending}" in found), [])
        if len(named) == 1:
            masks[case_id] = named[0]
        else:
            wanted = " or ".join(f"{case_id}{ending}" for ending in ENDINGS)
            findings.append(f"{folder}: {len(named)} masks of case {case_id}; wanted one, named {wanted}")
    if findings:
        raise InputError(findings)
    return masks


def labels_at(path: Path, mask: FloatArray, affine: FloatArray, vertebrae: Sequence[Vertebra]) -> list[float]:
    """The mask's value at each vertebra's centroid; 0 where an ungraded vertebra has no label of its own.

    Raises:
        InputError: All graded vertebrae at once that have no label, or share it with another.
    """
    index = np.rint(world_to_index(affine, [vertebra.centroid for vertebra in vertebrae])).astype(int)
    inside = is_inside(mask.shape, index.astype(float))
    found = [float(mask[tuple(place)]) if within else 0.0 for place, within in zip(index, inside, strict=True)]
    shared = {label for label, count in Counter(found).items() if count > 1}
    labels, findings = [], []
    for vertebra, label in zip(vertebrae, found, strict=True):
        own = label != 0 and label not in shared
        labels.append(label if own else 0.0)
        if not own and vertebra.grade is not None:
            findings.append(f"{path}: {label:g} at the centroid of {vertebra.vertebra}; wanted a label of its own")
    if findings:
        raise InputError(findings)
    return labels
