"""The AUC ceiling of a cohort: the AUC of a reader who knows every true height and nothing else.

The score of a vertebra is the largest share of height that it has lost:

    max(1 - Ha / Hp,  1 - Hm / Hp,  1 - Hp* / max(Hp* above, Hp* below))

Ha, Hm and Hp are its anterior, middle and posterior heights in the mid-sagittal plane. Hp* is the posterior height
relative to the mean of its level; the neighbours are those in the field of view. The score of a patient is that of the
worst vertebra. The last term detects crush fractures. It takes the taller neighbour, as the other may be crushed too.

This AUC is below 1 because normal heights vary. A network also sees sclerosis and broken endplates and can do a little
better, but a perfect AUC is a sign of leakage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.spine.anatomy import body_size
from dataset_conversion.spine.heights import height_scores

FORMULA = "max(1 - Ha/Hp, 1 - Hm/Hp, 1 - Hp*/max(Hp* above, Hp* below)); Hp* = Hp / its level's mean"
"""The score, as stated in `cohort.json`."""


def height_score(bodies: Sequence[Body]) -> list[float]:
    """Score each body of one case. The bodies are given from the head down."""
    heights = [body.shape.heights for body in bodies]
    return height_scores(heights, means=[body_size(body.level).height for body in bodies])


def auc_ceiling(plans: Iterable[CasePlan]) -> dict[str, float | None]:
    """Compute the AUC of the score for patients, for vertebrae, and for the fractures of each grade.

    Fractures of a grade are compared with all normal vertebrae. An AUC is None if one of the two classes is absent.
    """
    scores: list[list[float]] = []
    grades: list[list[int]] = []
    for plan in plans:
        scores.append(height_score(plan.visible))
        grades.append([body.fracture.grade if body.fracture else 0 for body in plan.visible])
    pairs = [pair for case in zip(grades, scores, strict=True) for pair in zip(*case, strict=True)]
    by_grade = {
        f"vertebra_auc_{name}": _auc([pair for pair in pairs if pair[0] in (0, grade)])
        for grade, name in ((1, "mild"), (2, "moderate"), (3, "severe"))
    }
    patients = [(max(case), max(score)) for case, score in zip(grades, scores, strict=True)]
    return {"patient_auc": _auc(patients), "vertebra_auc": _auc(pairs), **by_grade}


def _auc(graded: Sequence[tuple[int, float]]) -> float | None:
    from sklearn.metrics import roc_auc_score

    fractured = [grade > 0 for grade, _ in graded]
    if len(set(fractured)) < 2:
        return None
    return round(float(roc_auc_score(fractured, [score for _, score in graded])), 4)
