"""The command `select-model`: what it trains; the comparison itself is tested end to end."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vf_nnunet.commands import select_model
from vf_nnunet.nnunet import train_command


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Mapping[str, str]]]:
    """Commands and their further environment variables."""
    given: list[tuple[list[str], Mapping[str, str]]] = []
    monkeypatch.setattr(train_command, "run_nnunet", lambda command, variables: given.append((command[1:], variables)))
    return given


def test_a_configuration_continues_in_the_workspace(
    tmp_path: Path, commands: list[tuple[list[str], Mapping[str, str]]]
) -> None:
    (tmp_path / "checkpoint_latest.pth").touch()
    workspace: Any = SimpleNamespace(fold=lambda _: tmp_path, variables={"nnUNet_results": "elsewhere"})
    select_model._train(workspace, 7, "3d_1slice", "cpu")
    identity = ["7", "3d_1slice", "0", "-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans"]
    assert commands == [([*identity, "-device", "cpu", "--c"], {"nnUNet_results": "elsewhere"})]


def test_a_finished_configuration_is_not_trained_again(
    tmp_path: Path, commands: list[tuple[list[str], Mapping[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "checkpoint_final.pth").touch()
    (tmp_path / "validation").mkdir()
    (tmp_path / "validation" / "summary.json").touch()
    workspace: Any = SimpleNamespace(fold=lambda _: tmp_path)
    select_model._train(workspace, 7, "3d_5slices", "cpu")
    assert commands == []
    assert capsys.readouterr().out == f"3d_5slices is finished: {tmp_path}\n"
