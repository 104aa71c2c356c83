"""Commands of other packages show bad input as lines, without a traceback."""

import sys
from collections.abc import Callable

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.uncaught_errors import show_errors_as_lines


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Raise an uncaught exception."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(sys, "argv", ["/somewhere/nnUNetv2_train"])
    show_errors_as_lines()
    return lambda error: sys.excepthook(type(error), error, error.__traceback__)


def test_one_line_per_problem(hook: Callable[[Exception], None], capsys: pytest.CaptureFixture[str]) -> None:
    hook(InputError("first\nsecond"))
    assert capsys.readouterr().err == "nnUNetv2_train: first\nnnUNetv2_train: second\n"


@pytest.mark.parametrize("times", [1, 2])
def test_other_exceptions_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], times: int
) -> None:
    shown: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, traceback: shown.append(error))
    for _ in range(times):
        show_errors_as_lines()
    defect = ValueError("a defect")
    sys.excepthook(type(defect), defect, defect.__traceback__)
    assert shown == [defect]
    assert capsys.readouterr().err == ""
