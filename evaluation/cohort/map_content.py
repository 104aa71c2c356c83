"""Doubts about what a map holds: the map of another case, or a segmentation instead of probabilities."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.errors import shortened_list
from evaluation.cohort.sources import CaseMap
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap, open_probability_map
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
    """Sentences about maps that are equal, maps without any value between 0 and 1, and maps in 8 bits."""
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
    coarse = [source.case_id for source in sources if _is_coarse(source)]
    number = len(sources)
    return [
        *doubts,
        *_about(binary, number, "hold 0 and 1 only", "segmentations, which cannot rank their voxels"),
        *_about(coarse, number, "are stored in 8 bits", "close probabilities are ties, which can change the results"),
    ]


def _about(case_ids: Sequence[str], number: int, property_: str, consequence: str) -> list[str]:
    if not case_ids:
        return []
    return [f"{len(case_ids)} of {number} maps {property_} ({shortened_list(case_ids)}): {consequence}."]


def _is_coarse(source: CaseMap) -> bool:
    """Whether a map is stored in fewer than 16 bits per voxel."""
    opened = open_probability_map(source.path, source.labels)
    return isinstance(opened, NiftiFile) and opened.image.get_data_dtype().itemsize == 1


def _has_steps(probability_map: ProbabilityMap) -> bool:
    """Whether a voxel has a probability between 0 and 1; most maps have one in their first planes."""
    return any(((plane > 0) & (plane < QUANTISATION_STEPS)).any() for plane in probability_map.quantised)
