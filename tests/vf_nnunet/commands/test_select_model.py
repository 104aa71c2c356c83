"""The command `select-model` trains what is not trained yet; the comparison is tested end to end."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from vf_nnunet.commands import select_model
from vf_nnunet.nnunet import train_command
from vf_nnunet.selection.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """With the folder of one configuration."""
    workspace = Workspace(tmp_path, "Dataset007_Test")
    workspace.fold("3d_1slice").mkdir(parents=True)
    return workspace


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Mapping[str, str]]]:
    """Commands and their additional environment variables."""
    given: list[tuple[list[str], Mapping[str, str]]] = []
    monkeypatch.setattr(train_command, "run_nnunet", lambda command, variables: given.append((command[1:], variables)))
    return given


def test_a_configuration_continues_in_the_workspace(
    workspace: Workspace, commands: list[tuple[list[str], Mapping[str, str]]]
) -> None:
    (workspace.fold("3d_1slice") / "checkpoint_latest.pth").touch()
    select_model._train(workspace, 7, "3d_1slice", "cpu")
    identity = ["7", "3d_1slice", "0", "-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans"]
    assert commands == [([*identity, "-device", "cpu", "--c"], workspace.variables)]


def test_a_finished_configuration_is_not_trained_again(
    workspace: Workspace, commands: list[tuple[list[str], Mapping[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = workspace.fold("3d_1slice")
    (folder / "checkpoint_final.pth").touch()
    (folder / "validation").mkdir()
    (folder / "validation" / "summary.json").touch()
    select_model._train(workspace, 7, "3d_1slice", "cpu")
    assert commands == []
    assert capsys.readouterr().out == f"3d_1slice is finished: {folder}\n"
