"""Which folds are trained and how, and what is read from their checkpoints."""

import json
from pathlib import Path

import pytest
import torch

from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Commands, Dataset
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.cost.measured_process import ProcessCost
from vf_nnunet.benchmark.length import Length
from vf_nnunet.benchmark.training import describe_training, train

COMPUTATION = Computation("torch", "bfloat16", "cpu")
OWN = ("nnUNetTrainerVF", "nnUNetVFPlans")
DEFAULT = ("nnUNetTrainerShort", "nnUNetPlans")


def arm_of(names: tuple[str, str]) -> Arm:
    margin = (24, 24, 24) if names == OWN else (0, 0, 0)
    touched = 25**3 + 19**3 if names == OWN else None
    return Arm(DATASET_ID, *names, "3d_fullres", Length(2, 5), margin, touched, softmax_files=names == DEFAULT)


def finish(arm: Arm, fold: int, softmax: bool, epochs: tuple[float, ...] = (3.0, 5.0)) -> None:
    """Write what nnU-Net leaves of a fold whose epochs took this long."""
    validation = arm.fold(fold) / "validation"
    validation.mkdir(parents=True)
    for name in ("summary.json", "a.nii.gz", *(["a.npz"] if softmax else [])):
        (validation / name).touch()
    starts = [100.0 * number for number in range(len(epochs))]
    ends = [start + seconds for start, seconds in zip(starts, epochs, strict=True)]
    log = {"epoch_start_timestamps": starts, "epoch_end_timestamps": ends}
    torch.save({"logging": log}, arm.fold(fold) / "checkpoint_final.pth")


@pytest.mark.parametrize(("names", "softmax", "runs"), [(OWN, False, 0), (DEFAULT, True, 0), (DEFAULT, False, 1)])
def test_a_finished_fold_is_not_trained_again(
    dataset: Dataset, commands: Commands, names: tuple[str, str], softmax: bool, runs: int
) -> None:
    arm = arm_of(names)
    finish(arm, 0, softmax)
    train(arm, [0], "cpu", dataset.root)
    assert len(commands.run) == runs
    assert all("--val" in command and "--c" not in command for command in commands.run)


def test_an_interrupted_fold_continues_and_a_new_one_begins(dataset: Dataset, commands: Commands) -> None:
    arm = arm_of(DEFAULT)
    arm.fold(1).mkdir(parents=True)
    (arm.fold(1) / "checkpoint_latest.pth").touch()
    train(arm, [0, 1], "cuda", dataset.root)
    command = ["nnUNetv2_train", "7", "3d_fullres", "0", "-tr", *DEFAULT[:1], "-p", DEFAULT[1], "-device", "cuda"]
    assert commands.run == [[*command, "--npz"], [*command[:3], "1", *command[4:], "--npz", "--c"]]
    assert all("ext_trainers" in environment["nnUNet_extTrainer"] for environment in commands.environments)


def test_this_model_writes_no_softmax_files(dataset: Dataset, commands: Commands) -> None:
    train(arm_of(OWN), [0], "cpu", dataset.root)
    assert "--npz" not in commands.run[0]


def test_seconds_are_those_of_the_epochs(dataset: Dataset, commands: Commands) -> None:
    arm = arm_of(OWN)
    commands.costs = [ProcessCost(60.0, 1.5), ProcessCost(60.0, 2.5)]
    train(arm, [0, 1], "cpu", dataset.root)
    finish(arm, 0, softmax=False)
    finish(arm, 1, softmax=False, epochs=(6.0, 6.0))
    described = describe_training(arm, [0, 1], dataset.root, COMPUTATION)
    assert described["seconds_per_fold"] == pytest.approx(10.0)
    assert (described["epochs_planned"], described["epochs_run_per_fold"]) == (2, 2)
    assert (described["backend"], described["precision"], described["device"]) == ("torch", "bfloat16", "cpu")
    assert described["batches_per_epoch"] == 5
    assert described["patch"] == "57x57x57"
    touched = 25**3 + 19**3
    assert described["seconds_per_million_voxels_touched"] == pytest.approx(10 / (10 * 24 * touched) * 1e6)
    assert described["seconds_per_million_voxels_learned"] == pytest.approx(10 / (10 * 24 * 9**3) * 1e6)
    assert described["peak_gb"] == 2.5


def test_memory_of_folds_trained_elsewhere_is_unknown(dataset: Dataset, tmp_path: Path) -> None:
    arm = arm_of(OWN)
    finish(arm, 0, softmax=False)
    assert describe_training(arm, [0], tmp_path, COMPUTATION)["peak_gb"] is None


def test_only_the_epochs_that_ran_are_counted(dataset: Dataset, tmp_path: Path) -> None:
    """Planned for 2 epochs, fold 1 ended after the first: 3 epochs of 6 s in two folds."""
    arm = arm_of(OWN)
    finish(arm, 0, softmax=False, epochs=(6.0, 6.0))
    finish(arm, 1, softmax=False, epochs=(6.0,))
    described = describe_training(arm, [0, 1], tmp_path, COMPUTATION)
    assert (described["epochs_planned"], described["epochs_run_per_fold"]) == (2, 1.5)
    assert described["seconds_per_fold"] == 9
    assert described["voxels_learned_per_fold"] == 15 * 5 * 24 * 9**3 // 10
    assert described["seconds_per_million_voxels_learned"] == pytest.approx(6 / (5 * 24 * 9**3) * 1e6)


def test_the_peak_is_that_of_all_runs_of_a_fold(dataset: Dataset, commands: Commands) -> None:
    arm = arm_of(OWN)
    commands.costs = [ProcessCost(60.0, 2.5), ProcessCost(5.0, 1.0)]
    train(arm, [0], "cpu", dataset.root)
    train(arm, [0], "cpu", dataset.root)
    finish(arm, 0, softmax=False)
    assert describe_training(arm, [0], dataset.root, COMPUTATION)["peak_gb"] == 2.5


def test_what_nnunets_trainer_is_given_is_recorded_before_it_starts(dataset: Dataset, commands: Commands) -> None:
    train(arm_of(DEFAULT), [0], "cpu", dataset.root)
    record = json.loads((arm_of(DEFAULT).fold(0) / "made_from.json").read_text(encoding="utf-8"))
    assert (record["train"], record["val"]) == (["b"], ["a"])
    assert record["plans"]["3d_fullres.patch_size"] == [32, 48, 64]
    train(arm_of(OWN), [0], "cpu", dataset.root)
    assert not (arm_of(OWN).fold(0) / "made_from.json").exists()
