"""The first signal asks for the end, the second one does what it always does."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.watching.one_program import one_program
from vf_nnunet.watching.stopping import stop_on_signals


@pytest.fixture
def usual_interrupt() -> Iterator[None]:
    """Ctrl-C as it is in a terminal; a test that runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_interrupt")
def test_the_first_signal_is_a_wish() -> None:
    said: list[str] = []
    with stop_on_signals(said.append) as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert said == ["stopping after the present study; once more to stop at once"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_program_for_each_folder(tmp_path: Path) -> None:
    with (
        one_program(tmp_path),
        pytest.raises(InputError, match="another vf_nnunet watch works on it"),
        one_program(tmp_path),
    ):
        pass
    with one_program(tmp_path):
        pass
    with pytest.raises(InputError, match="cannot be written"), one_program(tmp_path / "missing"):
        pass
