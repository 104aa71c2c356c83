"""Scores from vertebral heights alone, measured on masks: a baseline that does not look at the CT.

A vertebra's score is its largest relative loss of height,

    max(1 - least / most of its own three heights,  1 - posterior / the taller neighbour's posterior height)

The first term finds wedge and biconcave fractures, the second crush fractures. The taller neighbour is used because the
other may be crushed itself. A patient's score is that of the worst vertebra. A loss of more than a fifth is flagged
(Genant et al. 1993: a mild fracture loses at least 20%). The rule does not correct for the heights of neighbouring
levels, which differ by up to 7% (Panjabi et al. 1992), or for sacral and upper cervical bodies, which are not
cylindrical.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.heights import Heights, height_losses
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table, with_body
from evaluation.maps.nifti import open_nifti
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.heights import DEFAULT_SETTINGS, HeightSettings, measure_heights, spine_directions
from evaluation.vertebra.masks import labels_at

FLAGGED_LOSS = 0.2
"""Share of height; a larger loss is flagged."""


def score_by_heights(
    reference: CohortScores,
    annotations: Path,
    masks: Mapping[str, Path],
    settings: HeightSettings = DEFAULT_SETTINGS,
) -> CohortScores:
    """Replace the scores of a cohort by those of the height rule.

    Args:
        reference: The cohort, scored by any detector.
        annotations: The vertebra table. Its ungraded vertebrae count as neighbours, C1 does not.
        masks: The mask of each case.
        settings: How heights are measured.

    Returns:
        Scores in arrays of the same shape as those of `reference`. All columns are equal, because a height has neither
        noise thresholds nor draws.

    Raises:
        InputError: If a mask cannot be read or a graded vertebra has no label; all problems at once.
    """
    used = {case_id: masks[case_id] for case_id in sorted(set(reference.vertebrae.case_id))}
    losses = _losses_of(annotations, used, settings)
    vertebrae, patients = reference.vertebrae, reference.patients
    scores = np.array([losses[key] for key in zip(vertebrae.case_id, vertebrae.vertebra, strict=True)])
    worst = np.array([scores[vertebrae.patient == patient].max() for patient in range(len(patients.fracture))])
    return CohortScores(
        replace(patients, scores=np.repeat(worst[:, None], patients.scores.shape[1], axis=1)),
        replace(vertebrae, scores=np.repeat(scores[:, None], vertebrae.scores.shape[1], axis=1)),
    )


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


def _losses_of(annotations: Path, masks: Mapping[str, Path], settings: HeightSettings) -> dict[tuple[str, str], float]:
    rows = defaultdict(list)
    for vertebra in with_body(read_vertebra_table(annotations)):
        rows[vertebra.case_id].append(vertebra)
    losses: dict[tuple[str, str], float] = {}
    problems: list[str] = []
    for case_id, path in tqdm(masks.items(), desc="heights", unit="case", disable=None):
        # From the top down, in any order of the table.
        vertebrae = sorted(rows[case_id], key=lambda vertebra: -vertebra.z)
        try:
            lost = height_losses(case_heights(path, vertebrae, settings))
        except InputError as error:
            problems.extend(error.problems)
            continue
        losses |= {(case_id, vertebra.vertebra): loss for vertebra, loss in zip(vertebrae, lost, strict=True)}
    if problems:
        raise InputError(problems)
    return losses
