"""nnU-Net's folders and the trainer's variable."""

import os
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import TRAINER_FOLDER
from vf_nnunet.nnunet.paths import (
    FOLDER_VARIABLES,
    dataset_folder,
    dataset_name,
    nnunet_command,
    nnunet_folder,
    trainer_environment,
)


def test_unset_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("nnUNet_raw", raising=False)
    with pytest.raises(InputError, match="nnUNet_raw is not set"):
        nnunet_folder("nnUNet_raw")


def test_dataset_by_id(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in FOLDER_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(InputError, match="nnUNet_raw is not set"):
        dataset_name(7)
    monkeypatch.setenv("nnUNet_raw", str(tmp_path))
    (tmp_path / "Dataset007_Spine").mkdir()
    assert dataset_name(7) == "Dataset007_Spine"
    assert dataset_folder("nnUNet_raw", 7) == tmp_path / "Dataset007_Spine"
    with pytest.raises(InputError, match="no dataset has the id 8; datasets there: Dataset007_Spine"):
        dataset_name(8)
    (tmp_path / "Dataset007_Other").mkdir()
    with pytest.raises(InputError, match="all have the id 7"):
        dataset_name(7)


def test_a_machine_that_trains_need_not_have_the_raw_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in FOLDER_VARIABLES:
        monkeypatch.setenv(variable, str(tmp_path / variable))
    (tmp_path / "nnUNet_preprocessed" / "Dataset007_Spine").mkdir(parents=True)
    assert dataset_name(7) == "Dataset007_Spine"
    (tmp_path / "nnUNet_results" / "Dataset007_Spine").mkdir(parents=True)
    assert dataset_name(7) == "Dataset007_Spine"


def test_commands_beside_python_then_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`pip install --user` puts them elsewhere."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    with pytest.raises(InputError, match=r"nnUNetv2_train: neither beside .*python nor on PATH"):
        nnunet_command("nnUNetv2_train")
    for folder in (tmp_path / "elsewhere", tmp_path):
        folder.mkdir(exist_ok=True)
        command = folder / "nnUNetv2_train"
        command.touch(mode=0o755)
        assert nnunet_command("nnUNetv2_train") == str(command)


def test_trainer_comes_first_and_once() -> None:
    environment = trainer_environment({"nnUNet_extTrainer": os.pathsep.join(["/mine", str(TRAINER_FOLDER)])})
    assert environment["nnUNet_extTrainer"].split(os.pathsep) == [str(TRAINER_FOLDER), "/mine"]
    assert trainer_environment({"A": "b"}) == {"A": "b", "nnUNet_extTrainer": str(TRAINER_FOLDER)}
