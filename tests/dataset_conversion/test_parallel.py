import os
import signal

import pytest

from dataset_conversion.parallel import run_parallel
from dataset_conversion.spine.errors import InputError


def double(number: int) -> int:
    return 2 * number


def refuse(number: int) -> int:
    raise InputError([f"{number} is bad", "and so is all else"])


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    assert run_parallel(double, range(5), processes, "numbers") == [0, 2, 4, 6, 8]


def test_nothing_to_do() -> None:
    assert run_parallel(double, [], 4, "numbers") == []


@pytest.mark.parametrize("processes", [1, 2])
def test_problems_cross_the_border_of_a_process(processes: int) -> None:
    with pytest.raises(InputError) as caught:
        run_parallel(refuse, [1, 2], processes, "numbers")
    assert caught.value.problems == ("1 is bad", "and so is all else")


def test_a_killed_worker_is_one_problem() -> None:
    with pytest.raises(InputError, match=r"numbers: a worker process was killed, .*; 2 processes; expected fewer"):
        run_parallel(die, [1, 2], 2, "numbers")


def test_there_is_a_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    run_parallel(double, [1, 2], 1, "numbers", "piece")
    assert "numbers: 100%" in capsys.readouterr().err
