"""Processes share the processor."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from vf_nnunet.network import processor
from vf_nnunet.network.processor import (
    SWITCH,
    WAIT_POLICY,
    Crowd,
    Turns,
    chosen_threads,
    turn,
    wait_asleep,
)


@pytest.fixture(autouse=True)
def _own_lock_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(processor.tempfile, "gettempdir", lambda: str(tmp_path))  # type: ignore[attr-defined]
    monkeypatch.delenv(SWITCH, raising=False)
    processor._turns.cache_clear()
    yield
    processor._turns.cache_clear()


def test_threads_wait_asleep() -> None:
    environment = {"HOME": "/"}
    wait_asleep(environment)
    assert environment == {"HOME": "/", **WAIT_POLICY}


@pytest.mark.parametrize("chosen", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "10"}, {SWITCH: "0"}])
def test_what_the_user_has_set_stays(chosen: dict[str, str]) -> None:
    environment = dict(chosen)
    wait_asleep(environment)
    assert environment == chosen


@pytest.mark.parametrize(("text", "threads"), [("", 4), ("2", 2), ("3,1", 3), ("64", 4), ("many", 4), ("0", 1)])
def test_the_users_number_of_threads(monkeypatch: pytest.MonkeyPatch, text: str, threads: int) -> None:
    monkeypatch.setattr(processor, "available_processors", lambda **_: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert chosen_threads() == threads


OTHER = """
    import sys, time
    from pathlib import Path
    from vf_nnunet.network.processor import Turns
    with Turns(Path(sys.argv[1])).take():
        print("taken", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that has its turn until it reads a line."""
    command = [sys.executable, "-c", dedent(OTHER), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        yield process
        process.kill()


def test_a_turn_waits_for_the_other_process(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    turns = Turns(tmp_path)
    assert not turns._lock(turns._turn, time.monotonic() - processor.PATIENCE_SECONDS - 1)
    other.communicate("end\n")
    with turns.take():
        assert not Turns(tmp_path)._lock(turns_of(tmp_path), time.monotonic() - processor.PATIENCE_SECONDS - 1)
    assert Turns(tmp_path)._lock(turns_of(tmp_path), time.monotonic())


def turns_of(folder: Path) -> int:
    return Turns(folder)._turn


def test_a_process_that_was_killed_has_no_turn(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    other.kill()
    other.wait()
    turns = Turns(tmp_path)
    assert turns._wait()


def test_a_turn_that_does_not_come_is_not_waited_for_again(
    tmp_path: Path, other: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after Ctrl-Z of a process that has its turn."""
    assert other.poll() is None
    monkeypatch.setattr(processor, "PATIENCE_SECONDS", 0.01)
    turns = Turns(tmp_path)
    with turns.take():
        pass
    monkeypatch.setattr(turns, "_lock", None)
    with turns.take():
        pass


@pytest.mark.parametrize(
    ("threads", "processors", "switch", "in_turn"),
    [(4, 4, "1", True), (3, 4, "1", False), (1, 1, "1", False), (4, 4, "0", False)],
)
def test_only_processes_that_use_all_processors_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, processors: int, switch: str, *, in_turn: bool
) -> None:
    monkeypatch.setattr(processor, "available_processors", lambda **_: processors)
    monkeypatch.setenv(SWITCH, switch)
    with turn(threads):
        assert bool(list(tmp_path.glob("vf_nnunet-*.turn"))) == in_turn


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries of a process are known on Linux only")
@pytest.mark.parametrize(
    ("variables", "held"), [({}, True), ({"OMP_WAIT_POLICY": "ACTIVE"}, False), ({SWITCH: "0"}, False)]
)
def test_an_openmp_that_is_loaded_is_outnumbered(variables: dict[str, str], *, held: bool) -> None:
    """GNU's OpenMP hardly spins if its threads are more than there are processors; torch still computes."""
    code = """
        import os, time, torch
        from vf_nnunet.network.processor import outnumber_processors
        torch.set_num_threads(2)
        before = len(os.listdir("/proc/self/task"))
        outnumber_processors()
        outnumber_processors()
        time.sleep(1)
        print(len(os.listdir("/proc/self/task")) - before, torch.get_num_threads(), float(torch.ones(1 << 20).sum()))
    """
    environment = {name: value for name, value in os.environ.items() if name not in (*WAIT_POLICY, SWITCH)} | variables
    result = subprocess.run(
        [sys.executable, "-c", dedent(code)], env=environment, capture_output=True, text=True, check=True
    )
    more, threads, total = result.stdout.split()
    assert (int(more) > len(os.sched_getaffinity(0))) == held
    assert (threads, total) == ("2", str(float(1 << 20)))


@pytest.mark.parametrize(
    ("shares", "calmed"),
    [([0.95] * 9, 0), ([0.6] * 2, 0), ([0.6] * 3, 1), ([0.6, 0.6, 0.95, 0.6, 0.6], 0), ([0.95, 0.6, 0.7, 0.79], 1)],
)
def test_company_is_noticed_after_some_crowded_turns(
    monkeypatch: pytest.MonkeyPatch, shares: list[float], calmed: int
) -> None:
    """A turn of one second with two threads has two processor seconds if nothing else computes."""
    calls: list[None] = []
    monkeypatch.setattr(processor, "outnumber_processors", lambda: calls.append(None))
    walls = iter(float(end) for turn in range(len(shares)) for end in (turn, turn + 1))
    processors = iter(end for share in shares for end in (0.0, 2 * share))
    monkeypatch.setattr("vf_nnunet.network.processor.time.perf_counter", lambda: next(walls))
    monkeypatch.setattr("vf_nnunet.network.processor.time.process_time", lambda: next(processors))
    crowd = Crowd()
    for _ in shares:
        with crowd.watch(2):
            pass
    assert len(calls) == calmed


def test_a_process_of_one_thread_watches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "CROWD", None)
    with turn(1):
        pass
