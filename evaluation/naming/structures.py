"""What a chain of centres can consist of: vertebrae, false centres and gaps where a vertebra was missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Structure:
    """An assumption of which centres are vertebrae and how many levels lie between them.

    Attributes:
        kept: Positions of the centres that are vertebrae, ascending. The others are false.
        offsets: Levels of these below the first of them, ascending from 0.
    """

    kept: tuple[int, ...]
    offsets: tuple[int, ...]

    @classmethod
    def plain(cls, count: int) -> Structure:
        """All centres are vertebrae and none is missed."""
        return cls(tuple(range(count)), tuple(range(count)))

    @property
    def missed(self) -> int:
        """Number of vertebrae without a centre within the chain."""
        return self.offsets[-1] + 1 - len(self.offsets)

    def edits(self, keep_first: bool, keep_last: bool) -> Iterator[Structure]:
        """The structures with one more false centre or one more missed vertebra.

        Args:
            keep_first: Do not take the first centre for a false one.
            keep_last: Do not take the last centre for a false one.
        """
        last = len(self.kept) - 1
        for number in range(int(keep_first), last + 1 - int(keep_last)):
            if last:
                yield self._without(number)
        for number in range(1, last + 1):
            yield Structure(self.kept, _moved(self.offsets, number, 1))

    def _without(self, number: int) -> Structure:
        """One centre is false. The step across it is one level shorter, as if the centre had been inserted."""
        kept = self.kept[:number] + self.kept[number + 1 :]
        steps = [lower - upper for upper, lower in pairwise(self.offsets)]
        if 0 < number < len(steps):
            steps[number - 1 : number + 1] = [sum(steps[number - 1 : number + 1]) - 1]
        else:
            del steps[0 if number == 0 else -1]
        offsets = [0]
        for step in steps:
            offsets.append(offsets[-1] + step)
        return Structure(kept, tuple(offsets))


def _moved(offsets: tuple[int, ...], start: int, levels: int) -> tuple[int, ...]:
    return offsets[:start] + tuple(offset + levels for offset in offsets[start:])
