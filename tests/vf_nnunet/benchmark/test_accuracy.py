"""Scores of maps on disk as columns of the table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from evaluation.maps.probability_map import write_probability_map
from evaluation.settings import EvaluationSettings
from evaluation.statistics.comparison import AucDifference, Comparison
from evaluation.statistics.scores import CohortScores
from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Dataset
from vf_nnunet.benchmark import accuracy
from vf_nnunet.benchmark.accuracy import describe_accuracy, score_arms
from vf_nnunet.benchmark.arms import DEFAULT, HEIGHTS, OWN, Arm
from vf_nnunet.benchmark.length import Length

SETTINGS = EvaluationSettings(noise_thresholds=(1, 125), bootstrap_replicates=30, localisation_draws=2)
SHAPE = (70, 30, 30)
CENTRES = {"L1": 50.0, "L2": 20.0}
CASES = 6
AFFINE = np.eye(4)
DIFFERENCE = AucDifference(first=1.0, second=0.5, difference=0.5, ci95=(0.2, 0.8), p=0.01)


def arm(trainer: str) -> Arm:
    return Arm(DATASET_ID, trainer, "nnUNetPlans", "3d_fullres", Length(1, 2))


def write_cohort(dataset: Dataset) -> tuple[dict[str, Arm], Path, Path]:
    """Six patients, every other with a crushed L1: one arm sees it, the other sees noise; and the masks."""
    arms = {OWN: arm("nnUNetTrainerVF"), DEFAULT: arm("nnUNetTrainer")}
    rows, random = [], np.random.default_rng(5)
    masks = dataset.root / "masks"
    masks.mkdir()
    z, y, x = np.indices(SHAPE)
    for number in range(CASES):
        case, sick, fold = f"case{number}", number % 2 == 0, number % 2
        rows += [
            Vertebra(case, case, level, 15.0, 15.0, CENTRES[level], int(sick and level == "L1")) for level in CENTRES
        ]
        for name, peak in ((OWN, 0.9 if sick else 0.1), (DEFAULT, float(random.uniform(0.2, 0.8)))):
            folder = arms[name].fold(fold) / "validation" / "probability_maps"
            folder.mkdir(parents=True, exist_ok=True)
            blob = peak * np.exp(-((z - CENTRES["L1"]) ** 2 + (y - 15) ** 2 + (x - 15) ** 2) / 60)
            write_probability_map(folder / f"{case}_fracture.nii.gz", blob.astype(np.float32), AFFINE)
        mask = np.zeros(SHAPE, dtype=np.uint8)
        for label, (level, height) in enumerate({"L1": 12 if sick else 20, "L2": 20}.items(), start=1):
            body = (np.abs(z - CENTRES[level]) <= height / 2) & (np.abs(y - 15) <= 10) & (np.abs(x - 15) <= 10)
            mask[body] = label
        write_volume(masks / f"{case}.nii.gz", Volume(mask, AFFINE), np.uint8)
    write_vertebra_table(dataset.root / "vertebrae.csv", rows)
    return arms, dataset.root / "vertebrae.csv", masks


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[CohortScores, CohortScores]]:
    """The pairs that are compared; every pair gets the same difference."""
    pairs: list[tuple[CohortScores, CohortScores]] = []

    def compare(first: CohortScores, second: CohortScores, *_: object) -> Comparison:
        pairs.append((first, second))
        return Comparison(DIFFERENCE, DIFFERENCE, None, DIFFERENCE)

    monkeypatch.setattr(accuracy, "compare", compare)
    return pairs


def test_columns_of_two_networks_and_the_rule(
    dataset: Dataset, compared: list[tuple[CohortScores, CohortScores]]
) -> None:
    arms, table, masks = write_cohort(dataset)
    scores = score_arms(arms, [0, 1], table, masks, SETTINGS)
    records = describe_accuracy(scores, SETTINGS)
    assert list(records) == [OWN, DEFAULT, HEIGHTS]
    assert compared == [(scores[OWN], scores[DEFAULT]), (scores[OWN], scores[HEIGHTS])]
    for record in records.values():
        assert (record["patients"]["number"], record["patients"]["fractured"]) == (6, 3)
        assert (record["vertebrae"]["number"], record["vertebrae"]["fractured"]) == (12, 3)
    assert records[OWN]["patients"]["auc_hull"] == 1
    # Three patients of an outcome are too few.
    assert records[OWN]["patients"]["auc_hull_ci95"] is None
    assert records[DEFAULT]["patients"]["auc_hull"] < 1
    assert records[DEFAULT]["vertebrae"]["auc"] < records[OWN]["vertebrae"]["auc"]


def test_the_difference_is_in_the_column_of_the_other_arm(
    dataset: Dataset, compared: list[tuple[CohortScores, CohortScores]]
) -> None:
    arms, table, _ = write_cohort(dataset)
    records = describe_accuracy(score_arms(arms, [0, 1], table, None, SETTINGS), SETTINGS)
    assert list(records) == [OWN, DEFAULT]
    assert not any("minus" in measure for section in records[OWN].values() for measure in section)
    patients, vertebrae = records[DEFAULT]["patients"], records[DEFAULT]["vertebrae"]
    assert patients["vf_nnunet_minus_this_hull"] == 0.5
    assert patients["vf_nnunet_minus_this_hull_ci95"] == [0.2, 0.8]
    assert patients["vf_nnunet_minus_this_hull_p"] == 0.01
    assert patients["vf_nnunet_minus_this_fixed_noise_threshold"] == 0.5
    assert vertebrae["vf_nnunet_minus_this_vertebra"] == 0.5


def test_the_rule_is_judged_at_its_own_threshold(
    dataset: Dataset, compared: list[tuple[CohortScores, CohortScores]]
) -> None:
    arms, table, masks = write_cohort(dataset)
    records = describe_accuracy(score_arms(arms, [0, 1], table, masks, SETTINGS), SETTINGS)
    for section in ("patients", "vertebrae"):
        assert records[HEIGHTS][section]["sensitivity_at_a_fifth_lost"] == 1
        assert records[HEIGHTS][section]["specificity_at_a_fifth_lost"] == 1
        assert "sensitivity_at_a_fifth_lost" not in records[OWN][section]


def test_only_the_chosen_folds_are_scored(dataset: Dataset, compared: list[tuple[CohortScores, CohortScores]]) -> None:
    arms, table, _ = write_cohort(dataset)
    settings = replace(SETTINGS, allow_unpaired=True)
    scores = score_arms(arms, [1], table, None, settings)
    assert scores[OWN].patients.patient_id == ("case1", "case3", "case5")
    records = describe_accuracy(scores, settings)
    assert records[OWN]["patients"]["auc_hull"] is None
    assert records[OWN]["patients"]["auc_hull_ci95"] is None
