"""The cohort's own ceiling: a reader who knows every true height and nothing else.

What a vertebra scores is the largest share of height that it lacks:

    max(1 - Ha / Hp,  1 - Hm / Hp,  1 - Hp* / max(Hp* above, Hp* below))

Ha, Hm and Hp are its anterior, middle and posterior heights in the mid-sagittal plane; Hp* is the posterior height
against the mean of its level, and the neighbours are those in the field. A patient scores what the worst vertebra does.
The last term finds crushes; the taller neighbour is taken, because the other may be crushed itself.

The reader's AUC falls short of 1 because normal heights vary: that is the heights' ceiling. A network also sees
sclerosis and broken endplates, so a little more is possible; a perfect AUC says that something leaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.spine.anatomy import body_size

FORMULA = "max(1 - Ha/Hp, 1 - Hm/Hp, 1 - Hp*/max(Hp* above, Hp* below)); Hp* = Hp / its level's mean"
"""The score, as ``cohort.json`` names it."""


def height_loss(bodies: Sequence[Body]) -> list[float]:
    """Score of each body of one case, given in order down the spine."""
    relative = [body.shape.heights.posterior / body_size(body.level).height for body in bodies]
    scores = []
    for index, body in enumerate(bodies):
        heights = body.shape.heights
        neighbours = [*relative[max(index - 1, 0) : index], *relative[index + 1 : index + 2]]
        lost = [1 - heights.anterior / heights.posterior, 1 - heights.middle / heights.posterior]
        scores.append(max([*lost, *([1 - relative[index] / max(neighbours)] if neighbours else [])]))
    return scores


def ceiling(plans: Iterable[CasePlan]) -> dict[str, float | str | None]:
    """The reader's AUC of patients and vertebrae, and of each grade's fractures against all normal vertebrae.

    An AUC is None where one of the two classes is absent.
    """
    scores: list[list[float]] = []
    grades: list[list[int]] = []
    for plan in plans:
        scores.append(height_loss(plan.visible))
        grades.append([body.fracture.grade if body.fracture else 0 for body in plan.visible])
    pairs = [pair for case in zip(grades, scores, strict=True) for pair in zip(*case, strict=True)]
    by_grade = {
        f"vertebra_auc_{name}": _auc([pair for pair in pairs if pair[0] in (0, grade)])
        for grade, name in ((1, "mild"), (2, "moderate"), (3, "severe"))
    }
    patients = [(max(case), max(score)) for case, score in zip(grades, scores, strict=True)]
    return {"score": FORMULA, "patient_auc": _auc(patients), "vertebra_auc": _auc(pairs), **by_grade}


def _auc(graded: Sequence[tuple[int, float]]) -> float | None:
    from sklearn.metrics import roc_auc_score

    fractured = [grade > 0 for grade, _ in graded]
    if len(set(fractured)) < 2:
        return None
    return round(float(roc_auc_score(fractured, [score for _, score in graded])), 4)
