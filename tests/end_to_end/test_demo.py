"""The demo runs and continues, but does not continue from something else."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Workspace
from vf_nnunet.cli import main

SMALL = ("--cases", "10", "--epochs", "1", "--iterations", "2")


@pytest.mark.slow
def test_from_nothing_to_the_report_and_again(workspace: Workspace, tmp_path: Path) -> None:
    output = tmp_path / "demo"
    first = workspace.run("vf_nnunet", "demo", "-o", str(output), *SMALL, "-device", "cpu")
    summary = json.loads((output / "evaluation" / "summary.json").read_text(encoding="utf-8"))
    assert summary["patient"]["n"] == 10
    lines = first.stdout.splitlines()
    assert lines[-1].startswith(f"vertebra AUC, {summary['vertebra']['n']} vertebrae pooled")
    result = lines[lines.index(f"report: {output / 'evaluation' / 'report.html'}") :]
    checkpoints = sorted(output.rglob("checkpoint_final.pth"))
    assert len(checkpoints) == 5
    times = [path.stat().st_mtime_ns for path in checkpoints]
    second = workspace.run("vf_nnunet", "demo", "-o", str(output), *SMALL, "-device", "cpu")
    assert second.stdout.splitlines()[-len(result) :] == result
    assert [path.stat().st_mtime_ns for path in checkpoints] == times


def test_another_demo_does_not_continue_in_the_same_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "demo"
    output.mkdir()
    begun = {"cases": 3, "epochs": 1, "iterations": 1, "seed": 1}
    (output / "demo.json").write_text(json.dumps(begun))
    assert main(["demo", "-o", str(output), "--cases", "4", "-device", "cpu"]) == 2
    assert "begun with {'cases': 3" in capsys.readouterr().err


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["demo", "-o", str(tmp_path), "-device", "cpu"]) == 2
    assert "contains other files" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
