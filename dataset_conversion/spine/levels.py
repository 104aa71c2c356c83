"""The levels of the spine: names, order, regions and neighbours."""

import re

LEVELS: tuple[str, ...] = (
    *(f"C{number}" for number in range(1, 8)),
    *(f"T{number}" for number in range(1, 14)),
    *(f"L{number}" for number in range(1, 7)),
    *("S1", "S2"),
)
"""All levels from head to sacrum. Only few people have T13 or L6."""

SUPERNUMERARY_LEVELS = frozenset({"T13", "L6"})
"""Levels that are skipped unless they are annotated."""

WITHOUT_BODY = frozenset({"C1"})
"""Levels that are neither labelled nor scored. C1, the atlas, is a ring: the centre of its mask lies in the canal."""

REGIONS = ("C1-C7", "T1-T6", "T7-T13", "L1-L6", "S1-S2")
"""Cervical, upper thoracic, lower thoracic, lumbar and sacral."""

_SECTIONS = "CTLS"
_LAST_UPPER_THORACIC = 6

# Where a section can end: C7 always, T11 to T13 and L4 to L6 with the common variants.
_FIRST_POSSIBLE_LAST = {"C": 7, "T": 11, "L": 4}

_LEVEL_NAME = re.compile(r"(C|TH|T|D|L|S)0?(\d+)(_CENT(?:ER|RE))?")
# Thoracic levels are also counted as Th (German) and D (dorsal, Romance languages).
_SECTION_OF_NAME = {"TH": "T", "D": "T"}


def parse_level(name: str) -> str | None:
    """The level that a name stands for (L1, l1, L01, L1_center, Th12, D12), or None."""
    match = _LEVEL_NAME.fullmatch(name.strip().upper())
    if match is None:
        return None
    level = f"{_SECTION_OF_NAME.get(match[1], match[1])}{match[2]}"
    return level if level in LEVELS else None


def level_index(level: str) -> int:
    """Position of a level down the spine, 0 for C1; sorts levels from head to sacrum.

    Raises:
        ValueError: If it is not one of `LEVELS`.
    """
    return LEVELS.index(level)


def region_of(level: str) -> str:
    """The region of a level, one of `REGIONS`."""
    section, number = _section_and_number(level)
    is_lower = section > _SECTIONS.index("T") or (section == _SECTIONS.index("T") and number > _LAST_UPPER_THORACIC)
    return REGIONS[section + int(is_lower)]


def are_neighbours(upper: str, lower: str) -> bool:
    """Whether `lower` is the vertebra below `upper`, for two levels of one spine with none annotated between them."""
    (upper_section, upper_number), (lower_section, lower_number) = map(_section_and_number, (upper, lower))
    if upper_section == lower_section:
        return lower_number == upper_number + 1
    is_last = upper_number >= _FIRST_POSSIBLE_LAST.get(upper[0], upper_number + 1)
    return lower_section == upper_section + 1 and lower_number == 1 and is_last


def _section_and_number(level: str) -> tuple[int, int]:
    return _SECTIONS.index(level[0]), int(level[1:])
