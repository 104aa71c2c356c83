"""Trainings by jobs of submitit's executors that need no cluster, with a stand-in for the training."""

from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.fold_jobs.conftest import MODEL, fake_training
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.fold_jobs.follow import train_by_jobs
from vf_nnunet.fold_jobs.record import read_jobs
from vf_nnunet.fold_jobs.stand import as_table, stands

DEBUG = ClusterSettings("debug")


def test_folds_that_fail_twice_and_for_ever(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training = fake_training(results, {0: 0, 1: 2, 2: 99})
    with pytest.raises(InputError) as raised:
        train_by_jobs(training, DEBUG, poll=0)
    log = training.place / "3d_fullres_fold_2.log"
    job = read_jobs(training.place)[f"{MODEL}/fold_2"].job
    assert raised.value.problems[:2] == (
        f"3d_fullres fold 2: job {job}: {MODEL}/fold_2: exit code 3 3 times without an epoch in between; see {log}",
        f"  the last lines of {log}:",
    )
    assert raised.value.problems[-2:] == (
        "  the GPU has fallen off the bus",
        f"  vf_nnunet: {MODEL}/fold_2: exit code 3, 3 of 3 failures without an epoch in between",
    )
    starts = [(folder / "starts").read_text() for folder in training.goals]
    assert starts == ["x", "xxx", "xxx"]
    table = as_table(stands(training.place, training.goals)).splitlines()
    assert [line.split()[2] for line in table[1:]] == ["finished", "finished", "failed"]
    assert "3d_fullres fold 1: finished, epoch 3 of 3" in capsys.readouterr().out


def test_finished_folds_are_not_submitted(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training = fake_training(results, {0: 0, 1: 0}, folds_per_job=2)
    train_by_jobs(training, DEBUG, poll=0)
    jobs = read_jobs(training.place)
    assert len({job.job for job in jobs.values()}) == 1
    train_by_jobs(training, DEBUG, poll=0)
    assert read_jobs(training.place) == jobs
    assert [(folder / "starts").read_text() for folder in training.goals] == ["x", "x"]
    assert capsys.readouterr().out.count("is submitted") == 2


def test_processes_of_this_machine(results: Path) -> None:
    """Its own process, so that the record is written after the job has begun."""
    training = fake_training(results, {0: 1})
    train_by_jobs(training, ClusterSettings("local"), poll=0.1)
    (job,) = read_jobs(training.place).values()
    assert job.job.isdecimal()
    assert (next(iter(training.goals)) / "starts").read_text() == "xx"
