"""How much of each source of an input was used."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceCount:
    """What was read from a source, and how much of it was used.

    Attributes:
        read: Number of images, points, rows or maps that were read.
        used: How many of them are in the result.
    """

    read: int
    used: int


def describe_counts(counts: Mapping[str, SourceCount]) -> str:
    """One line for the command line: `images: read 12, used 10; points: read 61, used 58`."""
    return "; ".join(f"{name}: read {count.read}, used {count.used}" for name, count in counts.items())
