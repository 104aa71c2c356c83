"""Default nnU-Net is planned and preprocessed once, by its own commands."""

from pathlib import Path

import pytest

from tests.vf_nnunet.benchmark.conftest import CASES, DATASET_ID, Commands, Dataset
from vf_nnunet.benchmark.default_nnunet import default_arm, plan_default, plans_name, preprocess_default
from vf_nnunet.benchmark.length import Length


@pytest.mark.parametrize(
    ("memory", "name"), [(8.0, "nnUNetPlans"), (24.0, "nnUNetPlans_24G"), (0.5, "nnUNetPlans_0p5G")]
)
def test_plans_for_another_memory_have_another_name(memory: float, name: str) -> None:
    assert plans_name(memory) == name


def test_what_is_planned_is_not_planned_again(dataset: Dataset, commands: Commands) -> None:
    assert plan_default(DATASET_ID, 8.0, dataset.root / "log") == dataset.preprocessed / "nnUNetPlans.json"
    assert commands.run == []


def test_another_memory_is_planned(dataset: Dataset, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("nnUNet_n_proc_DA", "0")
    plan_default(DATASET_ID, 0.5, dataset.root / "log")
    options = ["-gpu_memory_target", "0.5", "-overwrite_plans_name", "nnUNetPlans_0p5G"]
    assert commands.run == [["nnUNetv2_plan_experiment", "-d", "7", *options]]
    assert "nnUNet_n_proc_DA" not in commands.environments[0]
    assert commands.environments[0]["nnUNet_raw"] == str(dataset.root / "nnUNet_raw")


def test_preprocessing_is_repeated_until_every_case_is_there(dataset: Dataset, commands: Commands) -> None:
    arm = default_arm(DATASET_ID, dataset.preprocessed / "nnUNetPlans.json", Length(1, 2))
    images: Path = dataset.preprocessed / "nnUNetPlans_3d_fullres"
    images.mkdir()
    for case in CASES:
        preprocess_default(arm, 2, dataset.root / "log")
        (images / f"{case}.pkl").touch()
    preprocess_default(arm, 2, dataset.root / "log")
    command = ["nnUNetv2_preprocess", "-d", "7", "-plans_name", "nnUNetPlans_1x2", "-c", "3d_fullres", "-np", "2"]
    assert commands.run == [command] * len(CASES)
