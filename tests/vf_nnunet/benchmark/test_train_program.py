"""The trainings of a benchmark in the processes of jobs."""

from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.benchmark import train_program
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.full import BenchmarkInputs, _training_by_jobs
from vf_nnunet.benchmark.length import Length

OWN = Arm(7, "nnUNetTrainerVF", "plans_2x3", "3d_fullres", Length(epochs=2, iterations=3), (24, 24, 24), 99)
DEFAULT = Arm(7, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(epochs=5, iterations=3), softmax_files=True)


@pytest.mark.parametrize("arm", [OWN, DEFAULT])
def test_an_arm_as_an_argument(arm: Arm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*call: object) -> None:
        assert call == (arm, [1], "cpu", Path("out"))
        raise InputError("no such luck")

    monkeypatch.setattr(train_program, "train", fail)
    assert train_program.main([train_program.arm_text(arm), "1", "cpu", "out"]) == 2
    assert capsys.readouterr().err == "vf_nnunet benchmark: no such luck\n"


def test_all_folds_of_all_arms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Dataset007_Test").mkdir()
    monkeypatch.setenv("nnUNet_results", str(tmp_path))
    inputs = BenchmarkInputs([0, 2], tmp_path, None, tmp_path, "cpu", 1, tmp_path / "out")
    training = _training_by_jobs([OWN, DEFAULT], inputs)
    assert training.place == tmp_path / "Dataset007_Test" / "cluster_jobs"
    assert [(goal.epochs, goal.softmax_files) for goal in training.goals.values()] == [(2, False)] * 2 + [(5, True)] * 2
    _, command = list(training.arguments.values())[:2]
    assert command[1:] == (train_program.arm_text(OWN), "2", "cpu", str(tmp_path / "out"))
