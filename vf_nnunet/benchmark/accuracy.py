"""Score both networks and the height rule on the same patients with `evaluation`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluation.analysis.curves import analyse
from evaluation.analysis.scoring import score_cohort
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.sources import find_maps_in_model
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import Bootstrap, draw_replicates
from evaluation.statistics.comparison import AucDifference, compare
from evaluation.statistics.operating_points import rates
from evaluation.statistics.roc import IntArray
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.height_rule import FLAGGED_LOSS, score_by_heights
from evaluation.vertebra.masks import find_masks
from vf_nnunet.benchmark.arms import HEIGHTS, OWN, Arm

Record = dict[str, dict[str, Any]]
"""A column of the table: named values by section."""


def score_arms(
    arms: Mapping[str, Arm], folds: Sequence[int], annotations: Path, masks: Path | None, settings: EvaluationSettings
) -> dict[str, CohortScores]:
    """Score each arm's out-of-fold probabilities and, if there are masks, the height rule.

    Args:
        arms: Arms by column of the table, this model first.
        folds: Folds to score.
        annotations: Vertebra table.
        masks: Folder of vertebra masks, or None.
        settings: Settings of the evaluation.

    Raises:
        InputError: If `evaluation` finds problems with maps, table or masks.
    """
    scores = {}
    for name, arm in arms.items():
        cohort = assemble_cohort(find_maps_in_model(arm.folder, folds), annotations, settings)
        scores[name] = score_cohort(cohort, settings)
    if masks is not None:
        reference = scores[OWN]
        scores[HEIGHTS] = score_by_heights(
            reference, annotations, find_masks(masks, sorted(set(reference.vertebrae.case_id)))
        )
    return scores


def describe_accuracy(scores: Mapping[str, CohortScores], settings: EvaluationSettings) -> dict[str, Record]:
    """AUCs of each column with their intervals, and the paired difference of this model to it."""
    records = {}
    weights = {name: draw_replicates(column.patients, settings) for name, column in scores.items()}
    for name, column in scores.items():
        records[name] = _areas(column, weights[name], settings)
        if name != OWN:
            for section, values in _lead(scores[OWN], column, settings).items():
                records[name][section] |= values
    if HEIGHTS in scores:
        for section, values in _flagged(scores[HEIGHTS]).items():
            records[HEIGHTS][section] |= values
    return records


def _areas(scores: CohortScores, weights: IntArray, settings: EvaluationSettings) -> Record:
    analysis = analyse(scores, weights, settings)
    patient, vertebra = analysis.patient, analysis.vertebra
    return {
        "patients": {
            "number": len(scores.patients.fracture),
            "fractured": int(scores.patients.fracture.sum()),
            "auc_hull": patient.hull.auc if patient else None,
            "auc_hull_ci95": _interval(patient.bootstrap if patient else None),
            "auc_fixed_noise_threshold": patient.fixed_auc if patient else None,
            "auc_fixed_noise_threshold_ci95": _interval(patient.fixed_bootstrap if patient else None),
        },
        "vertebrae": {
            "number": len(scores.vertebrae.fracture),
            "fractured": int(scores.vertebrae.fracture.sum()),
            "auc": vertebra.auc if vertebra else None,
            "auc_ci95": _interval(vertebra.bootstrap if vertebra else None),
        },
    }


def _lead(own: CohortScores, other: CohortScores, settings: EvaluationSettings) -> Record:
    comparison = compare(own, other, settings)
    return {
        "patients": {
            **_difference("hull", comparison.patient_hull),
            **_difference("fixed_noise_threshold", comparison.patient_fixed),
        },
        "vertebrae": _difference("vertebra", comparison.vertebra),
    }


def _difference(name: str, difference: AucDifference | None) -> dict[str, Any]:
    values = asdict(difference) if difference else {}
    interval = values.get("ci95")
    return {
        f"{OWN}_minus_this_{name}": values.get("difference"),
        f"{OWN}_minus_this_{name}_ci95": list(interval) if interval else None,
        f"{OWN}_minus_this_{name}_p": values.get("p"),
    }


def _flagged(heights: CohortScores) -> Record:
    """Rates at the height rule's own threshold."""
    patients, vertebrae = heights.patients, heights.vertebrae
    flagged = {
        "patients": rates(patients.fracture, patients.scores[:, 0] > FLAGGED_LOSS),
        "vertebrae": rates(vertebrae.fracture, vertebrae.scores[:, 0] > FLAGGED_LOSS),
    }
    return {
        section: {
            "sensitivity_at_a_fifth_lost": level.sensitivity.estimate,
            "specificity_at_a_fifth_lost": level.specificity.estimate,
        }
        for section, level in flagged.items()
    }


def _interval(bootstrap: Bootstrap | None) -> list[float] | None:
    return list(bootstrap.ci95) if bootstrap and bootstrap.ci95 else None
