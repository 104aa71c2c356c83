"""The loss of height against the read grades, with heights that are given instead of measured."""

from pathlib import Path

import pytest

from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.analysis import height_loss
from evaluation.analysis.height_loss import analyse_height_loss
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.mask_heights import CaseHeights
from tests.evaluation.analysis.conftest import SCORES

NORMAL, WEDGE, CRUSH = Heights(25, 25, 25), Heights(15, 20, 25), Heights(10, 10, 10)


def heights_of(scores: CohortScores) -> dict[str, CaseHeights]:
    """A wedge or a crush for each fracture. The last vertebra of the first case is cut, so the others have one less."""
    vertebrae = scores.vertebrae
    measured: dict[str, CaseHeights] = {}
    rows = zip(vertebrae.case_id, vertebrae.vertebra, vertebrae.grade.tolist(), strict=True)
    for number, (case_id, level, grade) in enumerate(rows):
        body = (CRUSH if number % 12 == 1 else WEDGE) if grade else NORMAL
        row = Vertebra(case_id, case_id, level, 0.0, 0.0, -30.0 * number, grade)
        measured.setdefault(case_id, []).append((row, None if number == 2 else body))
    return measured


def test_losses_are_against_the_body_and_an_unfractured_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(height_loss, "find_masks", lambda *_: {})
    monkeypatch.setattr(height_loss, "cohort_heights", lambda *_: heights_of(SCORES))
    found = analyse_height_loss(Path("masks"), Path("vertebrae.csv"), SCORES, 1)
    assert found is not None
    total = len(SCORES.vertebrae.grade)
    assert (found.n, found.not_measured, found.without_neighbour) == (total - 1, 1, 1)
    assert [auc.positives for auc in found.largest] == [12, 12, 0]
    assert (found.largest[0].auc, found.neighbour[0].auc) == (1, 1)
    # A body that is crushed evenly has lost nothing against itself.
    assert found.own[0].auc is not None
    assert 0.5 < found.own[0].auc < 1


def test_without_masks_there_is_none() -> None:
    assert analyse_height_loss(None, Path("vertebrae.csv"), SCORES, 1) is None
