import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.anatomy import (
    LEVELS,
    SUPERNUMERARY_LEVELS,
    body_size,
    expected_spacing,
    level_index,
    parse_level,
)

REGULAR = [level for level in LEVELS if level not in SUPERNUMERARY_LEVELS]


def test_levels_run_down_the_spine() -> None:
    assert (LEVELS[0], LEVELS[6], LEVELS[7], LEVELS[-1]) == ("C1", "C7", "T1", "S2")
    assert len(LEVELS) == 7 + 13 + 6 + 2
    assert [level_index(level) for level in ("T12", "T13", "L1", "L6", "S1")] == [18, 19, 20, 25, 26]


@pytest.mark.parametrize(("upper", "lower", "distance"), [("T1", "T2", 20.7), ("T12", "L1", 31.4), ("L4", "L5", 32.7)])
def test_spacing_is_the_one_measured_in_verse(upper: str, lower: str, distance: float) -> None:
    assert expected_spacing(upper, lower) == distance


def test_spacing_over_a_gap_adds_up_and_passes_over_supernumerary_levels() -> None:
    assert expected_spacing("T11", "L2") == pytest.approx(29.6 + 31.4 + 33.2)
    assert expected_spacing("L5", "S1") == 32.0


def test_supernumerary_levels_count_where_they_are_named() -> None:
    assert expected_spacing("T12", "T13") == 30.5
    assert expected_spacing("T13", "L1") == 31.4
    assert expected_spacing("L5", "L6") == 32.7


@pytest.mark.parametrize(("upper", "lower"), [("L2", "L1"), ("L1", "L1")])
def test_spacing_needs_the_lower_level_below(upper: str, lower: str) -> None:
    with pytest.raises(ValueError, match="not below"):
        expected_spacing(upper, lower)


@given(
    st.lists(st.sampled_from(REGULAR), min_size=3, max_size=3, unique=True).map(lambda x: sorted(x, key=level_index))
)
def test_spacing_is_additive(levels: list[str]) -> None:
    first, middle, last = levels
    total = expected_spacing(first, middle) + expected_spacing(middle, last)
    assert expected_spacing(first, last) == pytest.approx(total)


@pytest.mark.parametrize("level", LEVELS)
def test_bodies_are_lower_than_the_distance_to_the_next_level(level: str) -> None:
    size = body_size(level)
    assert min(size.width, size.depth, size.height) >= 10
    if level in REGULAR[:-1]:
        assert size.height < expected_spacing(level, REGULAR[REGULAR.index(level) + 1])


def test_lumbar_heights_lie_in_the_published_range() -> None:
    assert all(20 <= body_size(f"L{number}").height <= 30 for number in range(1, 6))


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
