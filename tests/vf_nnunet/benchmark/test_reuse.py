"""A fold that was trained with other data, settings or another device is not taken for this one's."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Dataset
from vf_nnunet.benchmark.arms import Arm, own_arm
from vf_nnunet.benchmark.default_nnunet import default_arm
from vf_nnunet.benchmark.length import Length
from vf_nnunet.benchmark.reuse import check_reuse, content_of, record_new
from vf_nnunet.benchmark.training import check_trained
from vf_nnunet.nnunet.fold_record import write_fold_record


def trained(arm: Arm, device: str = "cpu", final: bool = True) -> Path:
    """A fold 0 that was trained as the arm's plans say now."""
    folder = arm.fold(0)
    folder.mkdir(parents=True, exist_ok=True)
    name = "checkpoint_final.pth" if final else "checkpoint_latest.pth"
    torch.save({"init_args": {"plans": arm.plans_content()}}, folder / name)
    (folder / "debug.json").write_text(json.dumps({"device": device}))
    return folder


def change_plans(dataset: Dataset, name: str, **training: Any) -> None:
    path = dataset.preprocessed / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "training": {**content.get("training", {}), **training}}))


def default(dataset: Dataset) -> Arm:
    return default_arm(DATASET_ID, dataset.preprocessed / "nnUNetPlans.json", Length(1, 2))


def test_a_fold_that_is_not_begun_passes(dataset: Dataset) -> None:
    assert check_reuse(default(dataset), 0, "cpu") == []


def test_another_setting_under_the_same_name_is_found(dataset: Dataset) -> None:
    """Plans of another length have a name of their own, which says nothing about the other settings."""
    change_plans(dataset, "nnUNetVFPlans", learning_rate=1e-3)
    folder = trained(own_arm(DATASET_ID, "3d_fullres", 3, 10))
    change_plans(dataset, "nnUNetVFPlans", learning_rate=5e-3)
    arm = own_arm(DATASET_ID, "3d_fullres", 3, 10)
    with pytest.raises(InputError, match=r"training.learning_rate 0.001, now 0.005") as error:
        check_reuse(arm, 0, "cpu")
    assert str(folder) in str(error.value)
    assert "delete this folder to train the fold anew" in str(error.value)


def test_another_patch_of_nnunet_is_found(dataset: Dataset) -> None:
    trained(default(dataset))
    path = dataset.preprocessed / "nnUNetPlans.json"
    path.write_text(path.read_text().replace("[32, 48, 64]", "[32, 48, 48]"))
    with pytest.raises(InputError, match=r"3d_fullres.patch_size \[32, 48, 64\], now \[32, 48, 48\]"):
        check_reuse(default(dataset), 0, "cpu")


def test_another_device_is_found(dataset: Dataset) -> None:
    trained(default(dataset), "cuda:0")
    assert check_reuse(default(dataset), 0, "cuda")
    with pytest.raises(InputError, match="device cuda, now cpu"):
        check_reuse(default(dataset), 0, "cpu")


def test_other_cases_are_found(dataset: Dataset) -> None:
    arm = default(dataset)
    record_new(arm, 0)
    trained(arm)
    (dataset.preprocessed / "splits_final.json").write_text(json.dumps([{"train": ["a"], "val": ["b"]}]))
    with pytest.raises(InputError, match=r"outer cases differ \(a, b\)"):
        check_reuse(arm, 0, "cpu")


def test_other_files_are_found(dataset: Dataset) -> None:
    arm = default(dataset)
    trained(arm)
    content = content_of(arm, 0)
    write_fold_record(arm.fold(0), {**content, "files": {"imagesTr/a_0000.nii.gz": "0"}})
    record = {"imagesTr/a_0000.nii.gz": {"sha256": "1", "size": 1, "modified_ns": 1}}
    (dataset.preprocessed / "made_from.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"1 images \(a_0000\) changed"):
        check_reuse(arm, 0, "cpu")


def test_data_that_are_not_recorded_are_said(dataset: Dataset) -> None:
    trained(default(dataset))
    (note,) = check_reuse(default(dataset), 0, "cpu")
    assert "fold 0: trained earlier with the same settings; its data are not recorded" in note


def test_a_training_that_has_not_ended_can_be_extended(dataset: Dataset) -> None:
    """The plans' own name does not contain the length."""
    change_plans(dataset, "nnUNetVFPlans", epochs=3)
    trained(own_arm(DATASET_ID, "3d_fullres", None, None), final=False)
    change_plans(dataset, "nnUNetVFPlans", epochs=5)
    arm = own_arm(DATASET_ID, "3d_fullres", None, None)
    check_reuse(arm, 0, "cpu")
    trained(own_arm(DATASET_ID, "3d_fullres", None, None))
    change_plans(dataset, "nnUNetVFPlans", epochs=7)
    with pytest.raises(InputError, match=r"training.epochs 5, now 7"):
        check_reuse(own_arm(DATASET_ID, "3d_fullres", None, None), 0, "cpu")


def test_the_problems_of_all_arms_are_found_at_once(dataset: Dataset) -> None:
    arms = [own_arm(DATASET_ID, "3d_fullres", None, None), default(dataset)]
    for arm in arms:
        trained(arm, "cuda")
    with pytest.raises(InputError) as error:
        check_trained(arms, [0, 1], "cpu")
    assert len(error.value.problems) == 2
