"""The rule on drawn masks, on rendered phantoms, and as the scores of a cohort."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.volume import write_volume
from dataset_conversion.phantom.cohort.case import CasePlan, plan_case, render_case
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from evaluation.statistics.roc import roc_curve
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores
from evaluation.vertebra.height_rule import FLAGGED_LOSS, score_by_heights
from evaluation.vertebra.mask_heights import case_heights

CASES = 4


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[CasePlan], Path]:
    """Phantoms, their masks and their table."""
    folder = tmp_path_factory.mktemp("phantoms")
    plans = [plan_case(7, number, SPINE) for number in range(CASES)]
    for plan in plans:
        write_volume(folder / f"{plan.case_id}.nii.gz", render_case(plan, SPINE)[1], np.uint8)
    write_vertebra_table(folder / "vertebrae.csv", [row for plan in plans for row in plan.rows()])
    return plans, folder


def scored_alike(plans: list[CasePlan]) -> CohortScores:
    """The phantoms' cohort under a detector that knows nothing; two draws and three noise thresholds."""
    rows = [(number, row) for number, plan in enumerate(plans) for row in plan.rows()]
    grades = np.array([row.grade for _, row in rows])
    patient = np.array([number for number, _ in rows])
    names = tuple(plan.case_id for plan in plans)
    return CohortScores(
        PatientScores(
            names,
            tuple((name,) for name in names),
            (None,) * len(names),
            np.array([(grades[patient == number] > 0).any() for number in range(len(plans))]),
            np.zeros((len(plans), 3)),
        ),
        VertebraScores(
            tuple(row.case_id for _, row in rows),
            patient,
            tuple(row.vertebra for _, row in rows),
            grades,
            grades > 0,
            np.zeros((len(rows), 2)),
        ),
    )


def masks_of(plans: list[CasePlan], folder: Path) -> dict[str, Path]:
    return {plan.case_id: folder / f"{plan.case_id}.nii.gz" for plan in plans}


def test_measured_heights_are_near_the_phantoms_own(rendered: tuple[list[CasePlan], Path]) -> None:
    plans, folder = rendered
    errors = [
        (found.anterior - true.anterior, found.middle - true.middle, found.posterior - true.posterior)
        for plan in plans
        for found, true in zip(
            case_heights(folder / f"{plan.case_id}.nii.gz", plan.rows()),
            [body.shape.heights for body in plan.visible],
            strict=True,
        )
        if found is not None
    ]
    assert len(errors) > 3 * CASES
    # Voxels of a phantom are up to 1.2 mm high, and the walls round off.
    assert np.abs(np.mean(errors, axis=0)).max() < 1.2
    assert np.std(errors, axis=0).max() < 0.8


def test_scores_reach_near_the_ceiling_of_true_heights(rendered: tuple[list[CasePlan], Path]) -> None:
    plans, folder = rendered
    reference = scored_alike(plans)
    scores = score_by_heights(reference, folder / "vertebrae.csv", masks_of(plans, folder))
    assert scores.patients.scores.shape == reference.patients.scores.shape
    assert scores.vertebrae.scores.shape == reference.vertebrae.scores.shape
    losses = scores.vertebrae.scores[:, 0]
    assert roc_curve(scores.vertebrae.fracture, losses).auc > 0.95
    assert (losses[reference.vertebrae.grade >= 2] > FLAGGED_LOSS).all()
    for number in range(CASES):
        assert scores.patients.scores[number, 1] == losses[reference.vertebrae.patient == number].max()


def test_the_atlas_is_no_neighbour(rendered: tuple[list[CasePlan], Path], tmp_path: Path) -> None:
    """A mask of C1 is no body, and there may be none."""
    plans, folder = rendered
    reference, masks = scored_alike(plans), masks_of(plans, folder)
    rows = [row for plan in plans for row in plan.rows()]
    atlases = [replace(plan.rows()[0], vertebra="C1", z=plan.rows()[0].z + 15) for plan in plans]
    write_vertebra_table(tmp_path / "vertebrae.csv", [*atlases, *rows])
    first, second = (
        score_by_heights(reference, table / "vertebrae.csv", masks).vertebrae.scores for table in (folder, tmp_path)
    )
    np.testing.assert_array_equal(first, second)


def test_every_bad_mask_is_named(rendered: tuple[list[CasePlan], Path], tmp_path: Path) -> None:
    plans, folder = rendered
    for name in ("phantom_000", "phantom_001"):
        (tmp_path / f"{name}.nii.gz").write_bytes(b"no image")
    masks = masks_of(plans, folder) | masks_of(plans[:2], tmp_path)
    with pytest.raises(InputError) as error:
        score_by_heights(scored_alike(plans), folder / "vertebrae.csv", masks)
    assert len(error.value.problems) == 2


def test_the_order_of_the_table_does_not_matter(rendered: tuple[list[CasePlan], Path], tmp_path: Path) -> None:
    plans, folder = rendered
    backwards: list[Vertebra] = [row for plan in plans for row in plan.rows()][::-1]
    write_vertebra_table(tmp_path / "vertebrae.csv", backwards)
    reference, masks = scored_alike(plans), masks_of(plans, folder)
    first, second = (
        score_by_heights(reference, table / "vertebrae.csv", masks).vertebrae.scores for table in (folder, tmp_path)
    )
    np.testing.assert_array_equal(first, second)
