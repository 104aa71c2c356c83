"""Counting a cohort."""

from dataset_conversion.phantom.cohort.counts import count
from dataset_conversion.spine.vertebra_table import Vertebra

LEVELS = ("T10", "T11", "T12", "L1", "L2", "L3")


def case(*grades: int) -> list[Vertebra]:
    return [Vertebra("a", "a", level, 0, 0, 0, grade) for level, grade in zip(LEVELS, grades, strict=False)]


def test_runs_and_shares_are_counted_as_in_the_paper() -> None:
    found = count([case(0, 0, 0, 0, 0, 0), case(1, 2, 3, 0, 1, 0), case(0, 1, 1, 0)])
    assert found == {
        "cases": 3,
        "cases_without_fracture": 1,
        "vertebrae": 16,
        "fractured": 6,
        "mild": 4,
        "moderate": 1,
        "severe": 1,
        "share_of_vertebrae_t11_to_s2": round(13 / 16, 3),
        "share_of_cases_with_more_than_two_contiguous": 0.333,
        "share_of_fractures_with_fractured_neighbour": 0.833,
    }


def test_a_cohort_without_fractures_is_counted() -> None:
    assert count([case(0, 0)])["share_of_fractures_with_fractured_neighbour"] == 0
