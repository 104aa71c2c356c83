import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.levels import LEVELS, are_neighbours, level_index, parse_level, region_of


@pytest.mark.parametrize(
    ("level", "region"),
    [
        ("C1", "C1-C7"),
        ("T1", "T1-T6"),
        ("T6", "T1-T6"),
        ("T7", "T7-T13"),
        ("T13", "T7-T13"),
        ("L1", "L1-L6"),
        ("L6", "L1-L6"),
        ("S1", "S1-S2"),
    ],
)
def test_region(level: str, region: str) -> None:
    assert region_of(level) == region


@pytest.mark.parametrize(
    ("upper", "lower", "touch"),
    [
        ("T11", "T12", True),
        ("T10", "T12", False),
        ("T12", "L1", True),
        ("T11", "L1", True),
        ("T13", "L1", True),
        ("T10", "L1", False),
        ("T12", "L2", False),
        ("C7", "T1", True),
        ("C6", "T1", False),
        ("L4", "S1", True),
        ("L3", "S1", False),
        ("S1", "S2", True),
        ("C7", "L1", False),
    ],
)
def test_neighbours(upper: str, lower: str, touch: bool) -> None:
    assert are_neighbours(upper, lower) is touch


def test_order() -> None:
    assert sorted(["L1", "T12", "S1", "T2", "C7"], key=level_index) == ["C7", "T2", "T12", "L1", "S1"]


def test_levels_run_from_head_to_sacrum() -> None:
    assert (LEVELS[0], LEVELS[6], LEVELS[7], LEVELS[-1]) == ("C1", "C7", "T1", "S2")
    assert len(LEVELS) == 7 + 13 + 6 + 2
    assert [level_index(level) for level in ("T12", "T13", "L1", "L6", "S1")] == [18, 19, 20, 25, 26]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("L1", "L1"),
        ("l1", "L1"),
        (" L1 ", "L1"),
        ("L01", "L1"),
        ("L1_center", "L1"),
        ("T1_centre", "T1"),
        ("Th12", "T12"),
        ("TH12", "T12"),
        ("D7", "T7"),
        ("T13", "T13"),
        ("S1", "S1"),
        ("C7", "C7"),
        ("L7", None),
        ("T14", None),
        ("C0", None),
        ("L1/2", None),
        ("L1-L2", None),
        ("F-1", None),
        ("L", None),
        ("", None),
    ],
)
def test_names_of_levels(name: str, level: str | None) -> None:
    assert parse_level(name) == level


@given(st.sampled_from(LEVELS), st.booleans())
def test_every_level_is_its_own_name(level: str, small: bool) -> None:
    assert parse_level(level.lower() if small else level) == level
