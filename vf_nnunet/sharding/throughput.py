"""What a batch took, from the journals of its shards: CTs per hour, core-hours per thousand CTs, peak memory."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from vf_nnunet.sharding.journal import DONE, Event, kills

HOUR = 3600.0
GIGABYTE = 1e9
THOUSAND = 1000


@dataclass
class Throughput:
    """Sums over the journals that were added.

    Attributes:
        ended: Attempts at cases by their status.
        processor_seconds: Processor time of the attempts that ended.
        core_seconds: Processors times the time for which the processes held them, with their start and with what
            killed ones had done in vain.
        peak_bytes: Largest memory of a process.
        kills: Attempts that ended with their process.
        spans: Begin and end of each process, in seconds since 1970.
        cores: Processors of a process, by the number of processes.
    """

    ended: Counter[str] = field(default_factory=Counter)
    processor_seconds: float = 0.0
    core_seconds: float = 0.0
    peak_bytes: int = 0
    kills: int = 0
    spans: list[tuple[float, float]] = field(default_factory=list)
    cores: Counter[int] = field(default_factory=Counter)

    def add(self, events: Sequence[Event]) -> None:
        """Take in the journal of a shard."""
        for event in events:
            if event["event"] == "end":
                self.ended[event["status"]] += 1
                self.processor_seconds += event["processor_seconds"]
                self.peak_bytes = max(self.peak_bytes, event["peak_bytes"])
        self.kills += kills(events).total()
        last = {event["process"]: event["time"] for event in events}
        for event in events:
            if event["event"] == "begin":
                span = (event["since"], last[event["process"]])
                self.spans.append(span)
                self.cores[event["cores"]] += 1
                self.core_seconds += event["cores"] * (span[1] - span[0])

    def to_json(self) -> dict[str, Any]:
        """The figures; null where there is nothing to divide by."""
        hours, done = busy_seconds(self.spans) / HOUR, self.ended[DONE]
        return {
            "attempts": dict(self.ended),
            "attempts_killed": self.kills,
            "processes": self.cores.total(),
            "cores_of_a_process": sorted(self.cores),
            "hours": round(hours, 4),
            "cts_per_hour": round(done / hours, 1) if hours else None,
            "core_hours": round(self.core_seconds / HOUR, 4),
            "core_hours_per_thousand_cts": self._per_thousand(self.core_seconds),
            "processor_hours_per_thousand_cts": self._per_thousand(self.processor_seconds),
            "peak_memory_gb": round(self.peak_bytes / GIGABYTE, 2),
        }

    def _per_thousand(self, seconds: float) -> float | None:
        done = self.ended[DONE]
        return round(seconds / HOUR * THOUSAND / done, 3) if done else None


def busy_seconds(spans: Iterable[tuple[float, float]]) -> float:
    """Time for which at least one process was there, in seconds; pauses of the batch do not count.

    Args:
        spans: Begin and end of each.
    """
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total
