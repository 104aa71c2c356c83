"""The command `watch` on studies that arrive while it runs, killed and stopped at any moment."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.snippets import ROOT
from tests.vf_nnunet.dicom_studies import save_report, save_study, study_uid
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.cli import main
from vf_nnunet.model.model_file import write_model_file

OPTIONS = ("--quiet", "0.6", "--poll", "0.1", "--backend", "torch", "--no-worklist")
PATIENCE = 600
"""Seconds; a busy machine takes its time."""


class Watch:
    """The program, which can be ended and begun anew."""

    def __init__(self, folder: Path) -> None:
        self.incoming, self.output, self.log = folder / "in", folder / "out", folder / "log"
        self.incoming.mkdir()
        write_model_file(folder / "model.vf", tiny_model(("0",)))
        self._arguments = ["watch", str(self.incoming), str(self.output), "-m", str(folder / "model.vf"), *OPTIONS]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "vf_nnunet", *self._arguments]
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log)
        return self.process

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def recorded(self, state: str) -> set[str]:
        return {path.stem for path in (self.output / "studies" / state).glob("*.json")}

    def until(self, is_true: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not is_true():
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < limit, self.log.read_text()[-3000:]
            time.sleep(0.02)

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def times_done(self) -> Counter[str]:
        """How often the log says that a study was done, by its UID."""
        return Counter(line.split()[3].rstrip(":") for line in self.lines() if ": score" in line or "failed:" in line)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def results(watch: Watch) -> list[str]:
    """The cases with a result."""
    return [path.stem for path in watch.output.glob("*.json") if "score" in json.loads(path.read_text())]


def test_studies_that_arrive_while_the_program_is_killed(watch: Watch) -> None:
    """Each is done once, although one is begun twice; the files of the last one come before and after a kill."""
    watch.start()
    for number in (1, 2):
        save_study(watch.incoming / f"folder_{number}", number)
    watch.until(lambda: study_uid(1) in watch.recorded("done"))
    watch.end(signal.SIGKILL)
    last = save_study(watch.incoming / "last", 3)
    for path in last[:4]:
        path.rename(watch.incoming.parent / path.name)
    watch.start()
    for path in last[:4]:
        (watch.incoming.parent / path.name).rename(path)
    save_report(watch.incoming / "report", 4)
    watch.until(lambda: len(watch.recorded("done")) == 3 and len(watch.recorded("failed")) == 1)
    assert watch.end(signal.SIGTERM) == 0
    assert watch.lines()[-1].endswith("stopped")
    assert len(results(watch)) == 3
    assert (watch.output / "vertebrae.csv").is_file()
    assert max(watch.times_done().values()) == 1
    assert not list(watch.output.rglob(".tmp-*"))


def test_bad_input_is_one_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_model_file(tmp_path / "model.vf", tiny_model(("0",)))
    (tmp_path / "in").mkdir()
    model = ["-m", str(tmp_path / "model.vf")]
    missing = ["--quiet", "-1", "--store", "http://me:secret@archive", "--memory", "-2"]
    assert main(["watch", str(tmp_path / "missing"), str(tmp_path / "out"), *model, *missing]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("vf_nnunet watch: ") for line in lines)
    assert "secret" not in "".join(lines)
    assert main(["watch", str(tmp_path / "in"), str(tmp_path / "in" / "out"), *model]) == 2
    assert "lies in" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def resident_mb(watch: Watch) -> float:
    assert watch.process is not None
    return float(psutil.Process(watch.process.pid).memory_info().rss) / 1e6


@pytest.mark.slow
def test_two_hundred_studies_through_many_kills(watch: Watch) -> None:
    """Their files arrive mixed, and in several folders; the last hundred are done by one process."""
    chance = random.Random(0)
    watch.start()
    for number in range(1, 101):
        for path in save_study(watch.incoming / f"{number % 7}", number):
            if chance.random() < 0.1:
                path.rename(watch.incoming / path.name)
        if number % 20 == 0:
            done = len(watch.recorded("done"))
            watch.until(lambda least=done + 5: len(watch.recorded("done")) >= least)  # type: ignore[misc]
            time.sleep(chance.random())
            watch.end(signal.SIGKILL)
            watch.start()
    for number in range(101, 201):
        save_study(watch.incoming / f"{number % 7}", number)
    memory = []
    for count in (120, 200):
        watch.until(lambda least=count: len(watch.recorded("done")) >= least)  # type: ignore[misc]
        memory.append(resident_mb(watch))
    assert watch.end(signal.SIGTERM) == 0
    assert not watch.recorded("failed")
    assert len(results(watch)) == 200
    assert max(watch.times_done().values()) == 1
    assert memory[1] < memory[0] + 30
