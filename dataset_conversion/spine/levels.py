"""The order of the levels down the spine, its regions, and which levels touch."""

from __future__ import annotations

# From head to sacrum.
SECTIONS = "CTLS"
REGIONS = ("C1-C7", "T1-T6", "T7-T13", "L1-L6", "S1-S2")
LAST_UPPER_THORACIC = 6

# Where a section can end: C7 always, T11 to T13 and L4 to L6 with the common variants.
FIRST_POSSIBLE_LAST = {"C": 7, "T": 11, "L": 4}


def down_the_spine(level: str) -> tuple[int, int]:
    """A key that sorts levels from head to sacrum."""
    return SECTIONS.index(level[0]), int(level[1:])


def region_of(level: str) -> str:
    """The region of a level: cervical, upper thoracic, lower thoracic, lumbar or sacral."""
    section, number = down_the_spine(level)
    is_lower = section > SECTIONS.index("T") or (section == SECTIONS.index("T") and number > LAST_UPPER_THORACIC)
    return REGIONS[section + int(is_lower)]


def are_neighbours(upper: str, lower: str) -> bool:
    """Whether `lower` is the vertebra below `upper`, for two levels of one spine with none annotated between them."""
    (upper_section, upper_number), (lower_section, lower_number) = down_the_spine(upper), down_the_spine(lower)
    if upper_section == lower_section:
        return lower_number == upper_number + 1
    is_last = upper_number >= FIRST_POSSIBLE_LAST.get(upper[0], upper_number + 1)
    return lower_section == upper_section + 1 and lower_number == 1 and is_last
