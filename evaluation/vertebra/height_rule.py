"""Scores from heights alone: what a report reaches that measures vertebral masks and knows no picture.

A vertebra's score is the largest share of height that it lacks,

    max(1 - least / most of its own three heights,  1 - posterior / the taller neighbour's posterior height)

The first finds wedges and biconcave fractures, the second crushes; the taller neighbour is taken because the other may
be crushed itself. A patient scores what the worst vertebra does. Reports flag a loss of more than a fifth (Genant et
al. 1993: 20% is the least loss of a mild fracture). The heights of neighbouring levels differ by up to 7%
(Panjabi et al. 1992), for which the rule does not correct; nor does it know that a sacral or an upper cervical body is
no cylinder.
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
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table
from evaluation.maps.nifti import open_nifti
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.heights import DEFAULT_SETTINGS, HeightSettings, measure_heights, spine_directions
from evaluation.vertebra.masks import labels_at

FLAGGED_LOSS = 0.2


def score_by_heights(
    reference: CohortScores,
    annotations: Path,
    masks: Mapping[str, Path],
    settings: HeightSettings = DEFAULT_SETTINGS,
) -> CohortScores:
    """Give the patients and vertebrae of `reference` the scores of the height rule, on masks in place of a detector.

    Args:
        reference: The same cohort, scored by any detector.
        annotations: The vertebra table; its ungraded vertebrae are neighbours too.
        masks: A mask a case.

    Returns:
        Scores in arrays as wide as those of `reference`: a height has neither noise threshold nor draw.

    Raises:
        InputError: All findings at once: a mask that cannot be read, or a graded vertebra without label.
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
    """Heights of each vertebra of a case, given from the top down; None for an ungraded one without label.

    Raises:
        InputError: The mask cannot be read, or a graded vertebra has no label of its own.
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
    for vertebra in read_vertebra_table(annotations):
        rows[vertebra.case_id].append(vertebra)
    losses: dict[tuple[str, str], float] = {}
    findings: list[str] = []
    for case_id, path in tqdm(masks.items(), desc="heights", unit="case", disable=None):
        # Centroids of a spine descend, whatever the order of the table.
        vertebrae = sorted(rows[case_id], key=lambda vertebra: -vertebra.z)
        try:
            lost = height_losses(case_heights(path, vertebrae, settings))
        except InputError as error:
            findings.extend(error.problems)
            continue
        losses |= {(case_id, vertebra.vertebra): loss for vertebra, loss in zip(vertebrae, lost, strict=True)}
    if findings:
        raise InputError(findings)
    return losses
