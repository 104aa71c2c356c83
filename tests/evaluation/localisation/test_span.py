import numpy as np
import pytest

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.localisation.span import in_annotated_span


def spine(**heights: float) -> list[Vertebra]:
    return [Vertebra("a", "a", level, 10.0, 20.0, height) for level, height in heights.items()]


def at(*heights: float, beside: float = 0.0) -> np.ndarray:
    return np.array([(10.0 + beside, 20.0, height) for height in heights])


def test_half_a_spacing_beyond_both_ends_belongs_to_it() -> None:
    annotated = spine(T12=90, L1=60, L2=30)
    inside = in_annotated_span(at(105.1, 104.9, 75, 15.1, 14.9), annotated)
    assert inside.tolist() == [False, True, True, True, False]


def test_the_order_of_the_table_does_not_matter() -> None:
    annotated = spine(L2=30, T12=90, L1=60)
    assert in_annotated_span(at(105.1, 104.9, 75), annotated).tolist() == [False, True, True]


def test_a_place_beside_the_spine_is_in_it() -> None:
    assert in_annotated_span(at(75, 120, beside=80), spine(T12=90, L1=60, L2=30)).tolist() == [True, False]


def test_a_level_that_was_left_out_is_not() -> None:
    """L2 is not annotated, and a vertebra is there."""
    annotated = spine(T12=120, L1=90, L3=30)
    assert in_annotated_span(at(105, 76, 60, 44), annotated).tolist() == [True, True, False, True]


@pytest.mark.parametrize("levels", [{"L1": 0.0}, {"L1": 0.0, "L3": -70.0}])
def test_without_neighbours_only_the_bodies_count(levels: dict[str, float]) -> None:
    assert in_annotated_span(at(9.9, -9.9, 10.1, -10.1), spine(**levels)).tolist() == [True, True, False, False]


def test_the_line_follows_a_bent_spine() -> None:
    annotated = [
        Vertebra("a", "a", level, 0.0, y, z) for level, y, z in (("T12", 0, 60), ("L1", 0, 30), ("L2", 30, 30))
    ]
    # 30 mm per vertebra: the span ends 15 mm behind L2, whatever the height.
    points = np.array([(0.0, 44.0, 30.0), (0.0, 46.0, 30.0), (0.0, 44.0, 0.0), (0.0, 0.0, 76.0)])
    assert in_annotated_span(points, annotated).tolist() == [True, False, True, False]


def test_two_levels_at_one_place_and_no_points() -> None:
    annotated = spine(L1=0, L2=0, L3=-30)
    assert in_annotated_span(at(0, -29), annotated).tolist() == [True, True]
    assert in_annotated_span(np.empty((0, 3)), annotated).shape == (0,)
