"""Heights of the vertebrae of a vertebra table, measured on masks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table, with_body
from evaluation.maps.nifti import open_nifti
from evaluation.vertebra.heights import DEFAULT_SETTINGS, HeightSettings, measure_heights, spine_directions
from evaluation.vertebra.masks import labels_at

CaseHeights = list[tuple[Vertebra, Heights | None]]
"""The vertebrae of a case from the top down, each with its heights; None for one that is not measured."""


def cohort_heights(
    annotations: Path, masks: Mapping[str, Path], settings: HeightSettings = DEFAULT_SETTINGS
) -> dict[str, CaseHeights]:
    """Measure the annotated vertebrae of each case, ungraded ones too.

    Args:
        annotations: The vertebra table, in any order.
        masks: The mask of each case.
        settings: How heights are measured.

    Raises:
        InputError: If a mask cannot be read or a graded vertebra has no label; all problems at once.
    """
    rows = defaultdict(list)
    for vertebra in with_body(read_vertebra_table(annotations)):
        rows[vertebra.case_id].append(vertebra)
    measured: dict[str, CaseHeights] = {}
    problems: list[str] = []
    for case_id, path in tqdm(masks.items(), desc="heights", unit="case", disable=None):
        vertebrae = sorted(rows[case_id], key=lambda vertebra: -vertebra.z)
        try:
            measured[case_id] = list(zip(vertebrae, case_heights(path, vertebrae, settings), strict=True))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return measured


def case_heights(
    mask_path: Path, vertebrae: Sequence[Vertebra], settings: HeightSettings = DEFAULT_SETTINGS
) -> list[Heights | None]:
    """Heights of each vertebra of a case; None for an ungraded one without label.

    Args:
        mask_path: The mask.
        vertebrae: The vertebrae of the case from the top down.
        settings: How heights are measured.

    Raises:
        InputError: If the mask cannot be read or a graded vertebra has no label of its own.
    """
    nifti = open_nifti(mask_path)
    mask = nifti.read()
    centroids = np.array([vertebra.centroid for vertebra in vertebrae])
    labels = labels_at(mask_path, mask, nifti.affine, vertebrae)
    return [
        measure_heights(mask, nifti.affine, label, centroid, up, settings) if label else None
        for label, centroid, up in zip(labels, centroids, spine_directions(centroids), strict=True)
    ]
