"""The folder of an arm's model, and the voxels that it reads."""

import json

from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Dataset
from vf_nnunet.benchmark.arms import Arm, own_arm
from vf_nnunet.benchmark.default_nnunet import default_arm
from vf_nnunet.benchmark.length import NNUNET_LENGTH, Length


def test_a_model_is_where_nnunet_puts_it(dataset: Dataset) -> None:
    arm = Arm(DATASET_ID, "nnUNetTrainer", "nnUNetPlans", "3d_fullres", NNUNET_LENGTH)
    assert arm.fold(3) == dataset.results / "nnUNetTrainer__nnUNetPlans__3d_fullres" / "fold_3"


def test_voxels_that_this_model_touches_and_learns_from(dataset: Dataset) -> None:
    arm = own_arm(DATASET_ID, "3d_fullres", 3, 10)
    assert (arm.plans, arm.length) == ("nnUNetVFPlans_3x10", Length(3, 10))
    # A segment of 57 voxels: the normal pathway reads 25 of them, the subsampled one 19 blocks.
    assert arm.voxels_touched() == 3 * 10 * 24 * (25**3 + 19**3)
    assert arm.voxels_learned() == 3 * 10 * 24 * 9**3
    assert arm.voxels_touched(epochs=2) * 3 == arm.voxels_touched() * 2
    assert arm.voxels_learned(epochs=2) * 3 == arm.voxels_learned() * 2


def test_a_missing_number_is_taken_from_the_plans(dataset: Dataset) -> None:
    assert own_arm(DATASET_ID, "3d_fullres", None, 10).length == Length(35, 10)
    assert own_arm(DATASET_ID, "3d_fullres", None, None).plans == "nnUNetVFPlans"


def test_the_outputs_are_those_of_the_dataset(dataset: Dataset) -> None:
    arm = own_arm(DATASET_ID, "3d_fullres", 3, 10)
    assert arm.classes == 3
    grades = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4, "ignore": 5}
    (dataset.preprocessed / "dataset.json").write_text(json.dumps({"labels": grades}))
    assert arm.classes == 5


def test_default_nnunet_learns_from_all_it_reads(dataset: Dataset) -> None:
    arm = default_arm(DATASET_ID, dataset.preprocessed / "nnUNetPlans.json", Length(1, 2))
    assert arm.voxels_touched() == arm.voxels_learned() == 2 * 2 * 32 * 48 * 64


def test_only_nnunets_own_length_has_its_own_trainer(dataset: Dataset) -> None:
    plans = dataset.preprocessed / "nnUNetPlans.json"
    shipped, short = (default_arm(DATASET_ID, plans, length) for length in (NNUNET_LENGTH, Length(1000, 2)))
    assert (shipped.trainer, shipped.plans) == ("nnUNetTrainer", "nnUNetPlans")
    assert (short.trainer, short.plans) == ("nnUNetTrainerShort", "nnUNetPlans_1000x2")
