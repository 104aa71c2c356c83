"""An archive that does not answer is asked again, after longer and longer waits."""

import pytest

from vf_nnunet.archive import attempts
from vf_nnunet.archive.attempts import ArchiveError, Unreachable, with_attempts
from vf_nnunet.archive.settings import ConnectionSettings


class Archive:
    """Answers from some request on."""

    def __init__(self, silent: int) -> None:
        self.silent, self.requests = silent, 0

    def __call__(self) -> str:
        self.requests += 1
        if self.requests <= self.silent:
            raise Unreachable("archive: no answer")
        return "answer"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(attempts, "sleep", found.append)
    return found


def test_it_is_asked_until_it_answers(waits: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    settings = ConnectionSettings(attempts=6, first_wait=1.0, longest_wait=5.0)
    assert with_attempts(Archive(4), settings) == "answer"
    assert waits == [1.0, 2.0, 4.0, 5.0]
    assert capsys.readouterr().err.splitlines()[1] == "archive: no answer; again in 2 s"


@pytest.mark.parametrize("allowed", [1, 3])
def test_it_is_given_up_in_the_end(allowed: int, waits: list[float]) -> None:
    archive = Archive(10)
    with pytest.raises(ArchiveError, match="archive: no answer"):
        with_attempts(archive, ConnectionSettings(attempts=allowed))
    assert archive.requests == allowed
    assert len(waits) == allowed - 1
