"""The steps are commands that exist, and a folder continues only its own experiment."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.paper_experiment.experiment import STEPS, Experiment, Options, OutOfTime
from dataset_conversion.spine.errors import InputError
from vf_nnunet.cli import build_parser

OPTIONS = Options(epochs=35, iterations=60, seed=2019, cohort_seed=1, normalisation="window")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands that would have run, which are recorded as finished."""
    commands: list[tuple[str, ...]] = []

    def record(self: Experiment, name: str, arguments: tuple[str, ...], hours: float | None) -> None:
        commands.append(arguments)
        self.state["commands"][name] = list(arguments)

    monkeypatch.setattr(Experiment, "_command", record)
    monkeypatch.setattr(Experiment, "_edit_plans", lambda self: None)
    return commands


@pytest.mark.parametrize("cases", [None, 10])
def test_steps_are_commands_that_exist(tmp_path: Path, ran: list[tuple[str, ...]], cases: int | None) -> None:
    experiment = Experiment(tmp_path, replace(OPTIONS, cases=cases), 2, "cpu")
    for step in STEPS:
        experiment.run(step, range(5))
    assert [arguments[0] for arguments in ran] == ["phantom", "convert", "plan", *["train"] * 5, *STEPS[4:]]
    for arguments in ran:
        assert build_parser().parse_args(arguments).command == arguments[0]
    assert ("--cohort" in ran[0]) == (cases is None)


def test_finished_steps_are_not_run_again(tmp_path: Path, ran: list[tuple[str, ...]]) -> None:
    experiment = Experiment(tmp_path, OPTIONS, 2, "cpu")
    for folds, again in (([0], False), ([0], False), ([0, 1, 2, 3, 4], False), ([0, 1, 2, 3, 4], True)):
        experiment.run("evaluate", folds, again)
    assert ["-f" in arguments for arguments in ran] == [True, False, False]


def test_a_folder_continues_only_its_own_experiment(tmp_path: Path) -> None:
    Experiment(tmp_path, OPTIONS, 2, "cpu")
    Experiment(tmp_path, OPTIONS, 1, "cpu")
    with pytest.raises(InputError, match=r"experiment\.json: begun with .*'iterations': 60.*expected .*250"):
        Experiment(tmp_path, replace(OPTIONS, iterations=250), 2, "cpu")


def test_nothing_begins_after_the_hours(tmp_path: Path) -> None:
    experiment = Experiment(tmp_path, OPTIONS, 2, "cpu")
    with pytest.raises(OutOfTime):
        experiment.run("phantom", [0], hours=0)
    assert not experiment.state["seconds"]


def test_a_command_that_fails_is_named_and_its_time_is_kept(tmp_path: Path) -> None:
    experiment = Experiment(tmp_path, replace(OPTIONS, cases=-1), 2, "cpu")
    with pytest.raises(InputError, match=r"vf_nnunet phantom .* exit code 2; see .*commands\.log"):
        experiment.run("phantom", [0])
    again = Experiment(tmp_path, replace(OPTIONS, cases=-1), 2, "cpu")
    assert again.state["seconds"]["phantom"] > 0
    assert not again.state["commands"]


def test_settings_of_the_training() -> None:
    assert Options.read_training(["patience=10", "schedule=poly"]) == {"patience": 10, "schedule": "poly"}
    for text in ("patience", "patience=-1", "no_such_setting=1"):
        with pytest.raises(InputError, match=text.partition("=")[0]):
            Options.read_training([text])
