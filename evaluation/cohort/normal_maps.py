"""Maps of the class "normal" beside the maps of fractures, as `predict` and training write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dataset_conversion.spine.errors import InputError
from evaluation.cohort.cases import Case
from evaluation.maps.probability_map import ProbabilityMap, is_on_grid_of, read_probability_map
from evaluation.maps.quantisation import QUANTISATION_STEPS

NORMAL_SUFFIX = "_normal.nii.gz"

LARGEST_SUM = QUANTISATION_STEPS + 2
"""The two classes' probabilities of a voxel sum up to 1 at most, and each is rounded."""


def without_normal_map(cases: Sequence[Case]) -> list[str]:
    """The cases whose map of fractures has no map of normal vertebrae beside it."""
    return [case.source.case_id for case in cases if not _normal_map(case).is_file()]


def read_normal_map(case: Case, fracture: ProbabilityMap) -> ProbabilityMap:
    """Read the map of normal vertebrae.

    Args:
        case: The case.
        fracture: Its map of fractures.

    Raises:
        InputError: If the map cannot be read completely, holds anything but probabilities, or is not of the same
            prediction: it has another grid, or the sum of both probabilities exceeds 1.
    """
    path = _normal_map(case)
    normal = read_probability_map(path)
    expected = f"expected the map of the same prediction as {case.source.path.name}"
    if not is_on_grid_of(normal, fracture):
        raise InputError(f"{path}: shape {normal.shape} and affine {normal.affine[:3].tolist()}; {expected}")
    # One plane at a time, because the sums need twice the memory.
    largest = max(
        int((plane.astype(np.uint32) + other).max())
        for plane, other in zip(fracture.quantised, normal.quantised, strict=True)
    )
    if largest > LARGEST_SUM:
        raise InputError(
            f"{path}: its probability and that of a fracture sum up to {largest / QUANTISATION_STEPS:.3f} in a voxel; "
            f"{expected}"
        )
    return normal


def _normal_map(case: Case) -> Path:
    path = case.source.path
    return path.with_name(f"{case.source.case_id}{NORMAL_SUFFIX}")
