"""Doubts about what a map holds: the map of another case, or a segmentation instead of probabilities."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.errors import shortened_list
from evaluation.cohort.sources import CaseMap
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import QUANTISATION_STEPS


@dataclass(frozen=True)
class MapContent:
    """What is remembered of a map.

    Attributes:
        checksum: Of its voxels; None for a constant map, which says nothing about the case.
        is_binary: Whether all probabilities are 0 or 1, and some are 1.
    """

    checksum: int | None
    is_binary: bool


def content_of(probability_map: ProbabilityMap) -> MapContent:
    """Describe a map."""
    quantised = probability_map.quantised
    lowest, highest = int(quantised.min()), int(quantised.max())
    checksum = None if lowest == highest else zlib.crc32(np.ascontiguousarray(quantised).data)
    return MapContent(checksum, highest == QUANTISATION_STEPS and not _has_steps(probability_map))


def content_doubts(sources: Sequence[CaseMap], contents: Sequence[MapContent]) -> list[str]:
    """Sentences about maps that are equal, and about maps without any value between 0 and 1."""
    by_checksum: dict[int, list[str]] = {}
    for source, content in zip(sources, contents, strict=True):
        if content.checksum is not None:
            by_checksum.setdefault(content.checksum, []).append(source.case_id)
    doubts = [
        f"The maps of cases {', '.join(same)} are equal. Check that each is the map of its case."
        for same in by_checksum.values()
        if len(same) > 1
    ]
    binary = [source.case_id for source, content in zip(sources, contents, strict=True) if content.is_binary]
    if binary:
        doubts.append(
            f"{len(binary)} of {len(sources)} maps hold 0 and 1 only ({shortened_list(binary)}): segmentations rather "
            "than probabilities, by which no ranking is possible."
        )
    return doubts


def _has_steps(probability_map: ProbabilityMap) -> bool:
    """Whether a voxel has a probability between 0 and 1; most maps have one in their first planes."""
    return any(((plane > 0) & (plane < QUANTISATION_STEPS)).any() for plane in probability_map.quantised)
