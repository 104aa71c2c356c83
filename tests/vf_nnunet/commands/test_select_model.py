"""The command `select-model` trains what is not trained yet; the comparison is tested end to end."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.vf_nnunet.tiny_training import plans_of
from vf_nnunet.cli import build_parser
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.commands import select_model
from vf_nnunet.fold_jobs.submission import Training
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


def test_the_configurations_as_jobs(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.preprocessed.mkdir(parents=True)
    (workspace.preprocessed / "nnUNetVFPlans.json").write_text(json.dumps(plans_of(epochs=9)))
    given: list[Training] = []
    monkeypatch.setattr("vf_nnunet.fold_jobs.follow.train_by_jobs", lambda training, _: given.append(training))
    arguments = build_parser().parse_args(["select-model", "-d", "7", "--cluster", "local", "-device", "cpu"])
    select_model._train_by_jobs(workspace, arguments, ClusterSettings("local"))
    (training,) = given
    assert training.variables == workspace.variables
    assert training.place.parent == workspace.model("3d_fullres").parent
    assert [*training.goals] == [workspace.fold(name) for name in ("3d_fullres", "3d_5slices", "3d_1slice")]
    command = ("vf_nnunet", "train", "-d", "7", "-c", "3d_1slice", "-f", "0", "-device", "cpu")
    assert training.arguments[workspace.fold("3d_1slice")] == command
    assert {goal.epochs for goal in training.goals.values()} == {9}
