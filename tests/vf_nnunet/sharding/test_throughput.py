"""What the journals of a batch add up to."""

from pathlib import Path

import pytest

from vf_nnunet.sharding.journal import Journal, kills, read_journal
from vf_nnunet.sharding.throughput import Throughput, busy_seconds

HOUR = 3600.0


def event(process: str, kind: str, hours: float, **others: object) -> dict[str, object]:
    return {"process": process, "event": kind, "time": hours * HOUR, **others}


def end(process: str, hours: float, case: str) -> dict[str, object]:
    return event(process, "end", hours, case=case, status="done", processor_seconds=900, peak_bytes=int(hours * 1e9))


JOURNAL = [
    event("p", "begin", 0.1, since=0.0, cores=4),
    event("p", "start", 0.1, case="a"),
    end("p", 0.5, "a"),
    event("p", "start", 0.5, case="b"),
    event("q", "begin", 9.5, since=9.5 * HOUR, cores=2),
    event("q", "start", 9.5, case="b"),
    end("q", 10, "b"),
    event("q", "finish", 10),
]


def test_sums() -> None:
    throughput = Throughput()
    throughput.add(JOURNAL)
    assert throughput.to_json() == {
        "attempts": {"done": 2},
        "attempts_killed": 1,
        "processes": 2,
        "cores_of_a_process": [2, 4],
        "hours": 1.0,  # without the nine in which nothing ran
        "cts_per_hour": 2.0,
        "core_hours": 3.0,  # what the killed process did in vain is paid for
        "core_hours_per_thousand_cts": 1500.0,
        "processor_hours_per_thousand_cts": 250.0,
        "peak_memory_gb": 10.0,
    }


def test_nothing_yet() -> None:
    figures = Throughput().to_json()
    assert figures["cts_per_hour"] is None
    assert figures["core_hours_per_thousand_cts"] is None


@pytest.mark.parametrize(
    ("spans", "seconds"), [([], 0), ([(0, 2), (1, 3)], 3), ([(5, 6), (0, 9)], 9), ([(0, 1), (4, 6)], 3)]
)
def test_pauses_do_not_count(spans: list[tuple[float, float]], seconds: float) -> None:
    assert busy_seconds(spans) == seconds


def test_kills_are_counted_until_a_retry() -> None:
    assert kills(JOURNAL) == {"b": 1}
    assert kills([*JOURNAL, event("r", "begin", 11, since=0, cores=1, retry=True)]) == {}


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path, 0.0).begin(retry=False)
    path.write_bytes(path.read_bytes() + b'{"event": "st')
    other = Journal(path, 0.0)
    other.begin(retry=False)
    with other.attempt("a"):
        pass
    assert [one["event"] for one in read_journal(path)] == ["begin", "begin", "start", "end"]
