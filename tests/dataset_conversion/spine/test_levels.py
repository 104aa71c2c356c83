import pytest

from dataset_conversion.spine.levels import are_neighbours, down_the_spine, region_of


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
    assert sorted(["L1", "T12", "S1", "T2", "C7"], key=down_the_spine) == ["C7", "T2", "T12", "L1", "S1"]
