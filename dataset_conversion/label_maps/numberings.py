"""The numbers that programs give to the vertebrae in their label maps.

Sources:
    VerSe: Sekuboyina et al. 2021 (github.com/anjany/verse).
    TotalSegmentator: class maps of version 2.18, tasks `total` and `total_v3`, which differ in number 26.
    SPINEPS: README of version 2.1, VerSe's numbers for vertebrae, 100 more for the disc below, 200 more for endplates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dataset_conversion.spine.levels import LEVELS

NO_BODY: Mapping[str, str] = {
    "C1": "is a ring without a body and is left out",
    "S1": "is fused with the sacrum and is left out",
    "S2": "is fused with the sacrum and is left out",
}
"""Why the masks of some levels give no centre of a body, as the end of a sentence."""


@dataclass(frozen=True)
class Numbering:
    """The numbers of one program, or of one file that names them.

    Attributes:
        name: Its name for `--format`.
        program: The program or data set, for messages.
        levels: Level by number.
        endplates: Level by number, of endplates that are part of the vertebra.
        sacral: Name by number, of the sacrum and of what lies below.
        others: Numbers of other structures.
    """

    name: str
    program: str
    levels: Mapping[int, str]
    endplates: Mapping[int, str] = field(default_factory=dict)
    sacral: Mapping[int, str] = field(default_factory=dict)
    others: frozenset[int] = frozenset()

    @property
    def known(self) -> frozenset[int]:
        """All numbers of the program."""
        return frozenset({*self.levels, *self.endplates, *self.sacral, *self.others})

    @property
    def places(self) -> dict[int, int]:
        """Rank down the body by number, of all vertebrae and of what lies below them."""
        ranks = {number: LEVELS.index(level) for number, level in self.levels.items()}
        below = {number: len(LEVELS) + rank for rank, number in enumerate(self.sacral)}
        return ranks | below


_VERSE_LEVELS: dict[int, str] = {
    **{number: f"C{number}" for number in range(1, 8)},
    **{number: f"T{number - 7}" for number in range(8, 20)},
    **{number: f"L{number - 19}" for number in range(20, 26)},
    28: "T13",
}
_VERSE_SACRAL = {26: "the sacrum", 27: "the coccyx"}
_TOTAL_LEVELS: dict[int, str] = {
    **{27 + place: f"L{5 - place}" for place in range(5)},
    **{32 + place: f"T{12 - place}" for place in range(12)},
    **{44 + place: f"C{7 - place}" for place in range(7)},
}
_TOTAL_OTHERS = frozenset({*range(1, 25), *range(51, 118)})

VERSE = Numbering("verse-masks", "VerSe", _VERSE_LEVELS, sacral=_VERSE_SACRAL)
TOTALSEGMENTATOR = Numbering(
    "totalsegmentator-masks",
    "TotalSegmentator",
    {26: "S1", **_TOTAL_LEVELS},
    sacral={25: "the sacrum"},
    others=_TOTAL_OTHERS,
)
TOTALSEGMENTATOR_V3 = replace(
    TOTALSEGMENTATOR,
    name="totalsegmentator-v3-masks",
    program="TotalSegmentator's total_v3",
    levels={26: "L6", **_TOTAL_LEVELS},
)
SPINEPS = Numbering(
    "spineps-masks",
    "SPINEPS",
    _VERSE_LEVELS,
    endplates={200 + number: level for number, level in _VERSE_LEVELS.items()},
    sacral=_VERSE_SACRAL,
    others=frozenset({*(100 + number for number in range(1, 29)), 226, 227}),
)

NUMBERINGS: Mapping[str, Numbering] = {
    numbering.name: numbering for numbering in (VERSE, TOTALSEGMENTATOR, TOTALSEGMENTATOR_V3, SPINEPS)
}
"""The numberings by name."""

RECOGNISED = (VERSE, TOTALSEGMENTATOR, SPINEPS)
"""The numberings that are recognised by the content of a label map. `total_v3` has the same numbers as `total`. Files
of TotalSegmentator that state the names of their labels are told apart by these."""
