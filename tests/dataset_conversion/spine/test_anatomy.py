import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.anatomy import body_size, expected_spacing
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS, level_index

REGULAR = [level for level in LEVELS if level not in SUPERNUMERARY_LEVELS]


@pytest.mark.parametrize(("upper", "lower", "distance"), [("T1", "T2", 20.7), ("T12", "L1", 31.4), ("L4", "L5", 32.7)])
def test_spacing_is_the_one_measured_in_verse(upper: str, lower: str, distance: float) -> None:
    assert expected_spacing(upper, lower) == distance


def test_spacing_over_a_gap_adds_up_without_supernumerary_levels() -> None:
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
