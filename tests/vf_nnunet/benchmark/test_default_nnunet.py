"""Default nnU-Net is planned and preprocessed once, by its own commands."""

from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.benchmark.conftest import CASES, DATASET_ID, Commands, Dataset
from vf_nnunet.benchmark.default_nnunet import (
    PREPROCESSED_RECORD,
    RESIDUAL_ENCODERS,
    STANDARD,
    default_arm,
    plan_default,
    preprocess_default,
)
from vf_nnunet.benchmark.length import Length


@pytest.mark.parametrize(
    ("memory", "name"), [(8.0, "nnUNetPlans"), (24.0, "nnUNetPlans_24G"), (0.5, "nnUNetPlans_0p5G")]
)
def test_plans_for_another_memory_have_another_name(memory: float, name: str) -> None:
    assert STANDARD.plans_name(memory) == name


def test_what_is_planned_is_not_planned_again(dataset: Dataset, commands: Commands) -> None:
    assert plan_default(DATASET_ID, STANDARD, None, dataset.root / "log") == dataset.preprocessed / "nnUNetPlans.json"
    assert commands.run == []


def test_another_memory_is_planned(dataset: Dataset, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("nnUNet_n_proc_DA", "0")
    plan_default(DATASET_ID, STANDARD, 0.5, dataset.root / "log")
    options = ["-pl", "ExperimentPlanner", "-gpu_memory_target", "0.5", "-overwrite_plans_name", "nnUNetPlans_0p5G"]
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


@pytest.mark.parametrize(("size", "memory"), [("M", "8"), ("L", "24"), ("XL", "40")])
def test_presets_are_planned_for_their_own_memory(dataset: Dataset, commands: Commands, size: str, memory: str) -> None:
    plans = plan_default(DATASET_ID, RESIDUAL_ENCODERS[size], None, dataset.root / "log")
    name = f"nnUNetResEncUNet{size}Plans"
    assert plans.stem == name
    options = ["-pl", f"nnUNetPlannerResEnc{size}", "-gpu_memory_target", memory, "-overwrite_plans_name", name]
    assert commands.run == [["nnUNetv2_plan_experiment", "-d", "7", *options]]


def test_nnunet_knows_the_presets() -> None:
    from nnunetv2.experiment_planning.experiment_planners.residual_unets import residual_encoder_unet_planners

    for preset in RESIDUAL_ENCODERS.values():
        planner = getattr(residual_encoder_unet_planners, preset.planner)
        names = planner.__init__.__code__.co_varnames[1:]
        defaults = dict(zip(names, (None, *planner.__init__.__defaults__), strict=False))
        assert defaults["gpu_memory_target_in_gb"] == preset.gpu_memory_gb
        assert defaults["plans_name"] == preset.plans


def test_images_preprocessed_with_other_settings_are_not_reused(dataset: Dataset, commands: Commands) -> None:
    arm = default_arm(DATASET_ID, dataset.preprocessed / "nnUNetPlans.json", Length(1, 2))
    images = dataset.preprocessed / "nnUNetPlans_3d_fullres"
    images.mkdir()
    preprocess_default(arm, 2, dataset.root / "log")
    for case in CASES:
        (images / f"{case}.pkl").touch()
    preprocess_default(arm, 2, dataset.root / "log")
    # nnU-Net takes every other file in the folder of images for that of a case, and stops.
    assert {path.suffix for path in images.iterdir()} == {".pkl"}
    record = dataset.preprocessed / PREPROCESSED_RECORD.format(images.name)
    record.write_text(record.read_text().replace("2.0", "2.5"))
    with pytest.raises(InputError, match=rf"{images}: preprocessed from other settings than now; delete this folder"):
        preprocess_default(arm, 2, dataset.root / "log")
    assert len(commands.run) == 1
