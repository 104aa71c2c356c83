"""What a job checks before it trains, and that its trainings end with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.one_node_slurm import wait_for
from tests.vf_nnunet.fold_jobs.conftest import fake_training
from tests.vf_nnunet.processes import SLEEPER, ends, is_running
from vf_nnunet.fold_jobs import work
from vf_nnunet.fold_jobs.record import FoldJob, add_jobs, read_jobs
from vf_nnunet.fold_jobs.sight import TOKEN, look
from vf_nnunet.fold_jobs.work import FoldTask, TrainFolds


def a_job(results: Path, monkeypatch: pytest.MonkeyPatch) -> TrainFolds:
    """The work of a job that runs in this process."""
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "local")
    monkeypatch.setenv("SUBMITIT_LOCAL_JOB_ID", "7")
    monkeypatch.setenv("SUBMITIT_FOLDER", str(results))
    training = fake_training(results, {0: 0})
    (folder,) = training.goals
    sight = look(training.place, {})
    log = training.place / "log"
    return TrainFolds((FoldTask("model/fold_0", folder, training.arguments[folder], {}, log),), sight)


def test_the_recorded_job_trains(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_job(results, monkeypatch)
    add_jobs(job.sight.place, {"model/fold_0": FoldJob("local", "7", 3)})
    assert job() == ["model/fold_0"]


@pytest.mark.parametrize(("recorded", "shown"), [("8", "8"), (None, "none")])
def test_another_job_has_the_fold(
    results: Path, monkeypatch: pytest.MonkeyPatch, recorded: str | None, shown: str
) -> None:
    monkeypatch.setattr(work, "RECORD_SECONDS", 0.0)
    job = a_job(results, monkeypatch)
    if recorded is not None:
        add_jobs(job.sight.place, {"model/fold_0": FoldJob("local", recorded, 3)})
    with pytest.raises(InputError, match=rf"job 7: not the recorded one of model/fold_0 \({shown}\)"):
        job()
    assert not (job.tasks[0].folder / "starts").exists()


def test_a_machine_that_sees_other_folders(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_job(results, monkeypatch)
    (job.sight.place / TOKEN).unlink()
    monkeypatch.setenv("nnUNet_raw", "/elsewhere")
    monkeypatch.delenv("nnUNet_preprocessed")
    with pytest.raises(InputError) as raised:
        job()
    first, second, third = raised.value.problems
    assert first.startswith("nnUNet_raw: /elsewhere on ")
    assert second.startswith("nnUNet_preprocessed: not set on ")
    assert f"--slurm-setup 'export nnUNet_preprocessed={results.parents[1]}" in second
    assert f"{TOKEN}: missing on " in third


def test_a_second_look_keeps_the_token(results: Path) -> None:
    assert look(results, {}).token == look(results, {}).token


def test_a_damaged_record(results: Path) -> None:
    results.mkdir(parents=True)
    for text in ("{", "[]", '{"fold": 1}', '{"fold": {"job": "1"}}'):
        (results / "jobs.json").write_text(text)
        with pytest.raises(InputError, match=r"jobs\.json: not a record of jobs"):
            read_jobs(results)


def test_a_training_ends_with_its_killed_job(tmp_path: Path) -> None:
    """And does not hear Slurm's warning, which is for the job."""
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    program = (
        "from pathlib import Path; from vf_nnunet.fold_jobs.work import FoldTask, _train;"
        f"log = Path({str(tmp_path / 'log')!r}); _train((FoldTask('a', log.parent, ('sleeper',), {{}}, log),))"
    )
    path = os.pathsep.join([str(tmp_path), os.getcwd()])
    with subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path}) as job:
        log = tmp_path / "log"
        wait_for(lambda: log.exists() and log.read_text().strip().isdecimal(), 60)
        training = int(log.read_text())
        os.kill(training, signal.SIGUSR2)
        time.sleep(0.3)
        assert is_running(training)
        job.kill()
    assert ends(training)
