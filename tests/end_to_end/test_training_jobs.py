"""Trainings as jobs of a real Slurm, disturbed in every way that a cluster knows: the weights stay the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import torch

from tests.end_to_end.conftest import FOLDERS
from tests.end_to_end.tiny_dataset import write_tiny_dataset
from tests.one_node_slurm import OneNodeSlurm, wait_for
from vf_nnunet.fold_jobs.progress import read_progress

pytestmark = pytest.mark.slow
ID = "714"
NAME = "Dataset714_Tiny"
EPOCHS = 6
MODEL = "nnUNetTrainerVF__nnUNetVFPlans__3d_fullres"
PATIENCE = 600.0
"""Seconds in which a tiny training or an epoch of it surely ends."""


@dataclass(frozen=True)
class Lab:
    """nnU-Net's folders of a small planned dataset, results of their own, and the Slurm.

    Attributes:
        root: Folder of the dataset.
        results: `nnUNet_results`.
        variables: How commands find the Slurm.
    """

    root: Path
    results: Path
    variables: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        folders = {name: str(self.root / name) for name in FOLDERS}
        others = {"nnUNet_results": str(self.results), "nnUNet_def_n_proc": "1", "OMP_NUM_THREADS": "1"}
        return {**os.environ, **folders, **others, **self.variables}

    def fold(self, number: int, model: str = MODEL) -> Path:
        return self.results / NAME / model / f"fold_{number}"

    def run(self, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "vf_nnunet", *arguments]
        result = subprocess.run(command, env=self.environment, capture_output=True, encoding="utf-8")
        assert result.returncode == code, f"{arguments}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
        return result

    @contextmanager
    def training(self, *options: str) -> Iterator["subprocess.Popen[str]"]:
        """`vf_nnunet train --cluster slurm` while the block runs."""
        command = [sys.executable, "-m", "vf_nnunet", "train", "-d", ID, "-device", "cpu", "--cluster", "slurm"]
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
        process = subprocess.Popen(
            [*command, "--slurm-cpus", "1", *options],
            env={**self.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        signal.signal(signal.SIGINT, before)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def reached(self, epochs: int, fold: int = 0) -> None:
        """Wait until a fold has ended this number of epochs."""
        wait_for(lambda: read_progress(self.fold(fold)).epochs >= epochs, PATIENCE)

    def weights(self, fold: int = 0) -> dict[str, torch.Tensor]:
        checkpoint = torch.load(self.fold(fold) / "checkpoint_final.pth", map_location="cpu", weights_only=False)
        weights: dict[str, torch.Tensor] = checkpoint["network_weights"]
        return weights


@pytest.fixture(scope="module")
def planned_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planned dataset of ten small CTs."""
    root = tmp_path_factory.mktemp("lab")
    for name in FOLDERS:
        (root / name).mkdir()
    lab = Lab(root, root / "nnUNet_results", {})
    write_tiny_dataset(root / "tiny")
    points = ("--annotations", str(root / "tiny" / "vertebrae.csv"))
    lab.run("convert", "--images", str(root / "tiny" / "images"), *points, "-d", ID, "--name", "Tiny")
    lab.run("plan", "-d", ID, "--epochs", str(EPOCHS), "--iterations", "2")
    return root


@pytest.fixture
def lab(planned_tiny: Path, tmp_path: Path, one_node_slurm: OneNodeSlurm) -> Lab:
    (tmp_path / "results").mkdir()
    return Lab(planned_tiny, tmp_path / "results", one_node_slurm.variables)


@pytest.fixture(scope="module")
def undisturbed(planned_tiny: Path) -> dict[str, torch.Tensor]:
    """The weights of fold 0 after a training here that nothing interrupted."""
    lab = Lab(planned_tiny, planned_tiny / "nnUNet_results", {})
    lab.run("train", "-d", ID, "-f", "0", "-device", "cpu")
    return lab.weights()


def assert_same(weights: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> None:
    assert weights.keys() == others.keys()
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    printed, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, printed, errors


def job_of(lab: Lab, slurm: OneNodeSlurm) -> str:
    """The only job in the queue."""
    (job,) = slurm.run("squeue", "-h", "-r", "-o", "%i").split()
    return job


def programs_of(lab: Lab, name: str) -> list[psutil.Process]:
    """The processes of these results whose command holds a name."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(name in part for part in process.info["cmdline"] or ()):
            try:
                if process.environ().get("nnUNet_results") == str(lab.results):
                    found.append(process)
            except psutil.Error:
                continue
    return found


def requeue(lab: Lab, slurm: OneNodeSlurm) -> None:
    slurm.run("scontrol", "requeue", job_of(lab, slurm))


def kill_the_training(lab: Lab, slurm: OneNodeSlurm) -> None:
    for process in programs_of(lab, "nnUNetv2_train"):
        process.kill()


def kill_the_job(lab: Lab, slurm: OneNodeSlurm) -> None:
    """Nothing of it stays to write into the fold beside the next job."""
    trainings = programs_of(lab, "nnUNetv2_train")
    (job,) = [process for process in programs_of(lab, "submitit.core._submit") if "srun" not in process.name()]
    job.kill()
    assert trainings
    alive = psutil.wait_procs(trainings, 10)[1]
    assert not alive


def restart_the_node(lab: Lab, slurm: OneNodeSlurm) -> None:
    slurm.stop_node()
    time.sleep(3)
    slurm.start_node()


@pytest.mark.parametrize("disturb", [requeue, kill_the_training, kill_the_job, restart_the_node])
def test_disturbed_training_goes_on(
    lab: Lab, slurm: OneNodeSlurm, undisturbed: dict[str, torch.Tensor], disturb: Callable[[Lab, OneNodeSlurm], None]
) -> None:
    with lab.training("-f", "0") as process:
        lab.reached(2)
        disturb(lab, slurm)
        code, printed, errors = ended(process)
    assert code == 0, f"{printed}\n{errors}"
    assert errors == ""
    assert_same(lab.weights(), undisturbed)


def test_cancelled_and_interrupted(lab: Lab, slurm: OneNodeSlurm, undisturbed: dict[str, torch.Tensor]) -> None:
    with lab.training("-f", "0") as process:
        lab.reached(1)
        process.send_signal(signal.SIGINT)
        code, printed, errors = ended(process)
    job = job_of(lab, slurm)
    assert code == 130
    assert f"the jobs go on: {job};" in errors
    with lab.training("-f", "0") as process:
        lab.reached(2)
        slurm.run("scancel", job)
        code, printed, errors = ended(process)
    assert f"3d_fullres fold 0 is in the queue: job {job}" in printed
    assert code == 2
    assert errors == (
        "vf_nnunet train: 3d_fullres fold 0: its job was cancelled; give the command again to go on with it\n"
    )
    with lab.training("-f", "0") as process:
        code, printed, errors = ended(process)
    assert (code, errors) == (0, "")
    assert_same(lab.weights(), undisturbed)


def test_array_of_configurations_and_folds(lab: Lab, slurm: OneNodeSlurm, undisturbed: dict[str, torch.Tensor]) -> None:
    """Two folds side by side in each job; a finished fold is not submitted again."""
    options = ("-c", "3d_fullres", "3d_1slice", "-f", "0", "1", "--folds-per-gpu", "2")
    with lab.training(*options) as process:
        wait_for(lambda: len(slurm.run("squeue", "-h", "-r").splitlines()) == 2, PATIENCE)
        lab.reached(1)
        rows = [line.split() for line in lab.run("jobs", "-d", ID).stdout.splitlines()[1:]]
        code, printed, errors = ended(process)
    assert (code, errors) == (0, "")
    running = {(row[0], row[1]): row[3] for row in rows if row[2] == "running"}
    assert ("3d_fullres", "0") in running
    assert {job.partition("_")[1] for job in running.values()} == {"_"}
    assert len({job.partition("_")[0] for job in running.values()}) == 1
    assert printed.count("finished") == 4
    assert_same(lab.weights(), undisturbed)
    before = (lab.fold(0) / "checkpoint_final.pth").stat().st_mtime_ns
    with lab.training(*options) as process:
        code, printed, errors = ended(process)
    assert (code, errors) == (0, "")
    assert "submitted" not in printed
    assert (lab.fold(0) / "checkpoint_final.pth").stat().st_mtime_ns == before


def test_a_time_limit_that_cuts_a_training_three_times(
    lab: Lab, slurm: OneNodeSlurm, undisturbed: dict[str, torch.Tensor]
) -> None:
    """Slurm's shortest limit is a minute, so that it is set when an epoch has ended; Slurm then warns at once."""
    with lab.training("-f", "0", "--slurm-time", "60", "--slurm", "signal_delay_s=30") as process:
        for cut in (1, 2, 3):
            lab.reached(cut)
            job = job_of(lab, slurm)
            minutes = int(slurm.run("squeue", "-h", "-j", job, "-o", "%M").strip().split(":")[-2])
            slurm.run("scontrol", "update", f"JobId={job}", f"TimeLimit={minutes + 1}")
            wait_for(lambda: slurm.run("squeue", "-h", "-o", "%T").strip() == "PENDING", PATIENCE)
            slurm.run("scontrol", "update", f"JobId={job}", "TimeLimit=60")
        code, printed, errors = ended(process)
    assert (code, errors) == (0, ""), printed
    assert len(list(lab.fold(0).glob("training_log_*.txt"))) >= 4
    (log,) = (lab.results / NAME / "cluster_jobs" / "submitit").glob("*_log.out")
    assert log.read_text().count("Requeued job") == 3
    assert_same(lab.weights(), undisturbed)
