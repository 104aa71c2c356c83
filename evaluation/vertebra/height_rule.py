"""Scores from vertebral heights alone, measured on masks: a baseline that does not look at the CT.

A vertebra's score is its largest relative loss of height,

    max(1 - least / most of its own three heights,  1 - posterior / the taller neighbour's posterior height)

The first term finds wedge and biconcave fractures, the second crush fractures. The taller neighbour is used because the
other may be crushed itself. A patient's score is that of the worst vertebra. A loss of more than a fifth is flagged
(Genant et al. 1993: a mild fracture loses at least 20%). The rule does not correct for the heights of neighbouring
levels, which differ by up to 7% (Panjabi et al. 1992), or for sacral and upper cervical bodies, which are not
cylindrical.

The rule is the baseline of the benchmark. Like a detector it does not know which vertebrae are fractured, so it is not
the loss of height that `predict` and `evaluate` report, which is against an unfractured neighbour (`height_loss`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from dataset_conversion.spine.heights import height_scores
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.heights import DEFAULT_SETTINGS, HeightSettings
from evaluation.vertebra.mask_heights import cohort_heights

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
    of_vertebra = {
        (case_id, row.vertebra): score
        for case_id, measured in cohort_heights(annotations, used, settings).items()
        for (row, _), score in zip(measured, height_scores([heights for _, heights in measured]), strict=True)
    }
    vertebrae, patients = reference.vertebrae, reference.patients
    scores = np.array([of_vertebra[key] for key in zip(vertebrae.case_id, vertebrae.vertebra, strict=True)])
    worst = np.array([scores[vertebrae.patient == patient].max() for patient in range(len(patients.fracture))])
    return CohortScores(
        replace(patients, scores=np.repeat(worst[:, None], patients.scores.shape[1], axis=1)),
        replace(vertebrae, scores=np.repeat(scores[:, None], vertebrae.scores.shape[1], axis=1)),
    )
