import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from evaluation.localisation.matching import UNMATCHED, distances, match_centres


def column(*heights: float) -> np.ndarray:
    """Centres above each other."""
    return np.array([(0.0, 0.0, height) for height in heights]).reshape(-1, 3)


def test_each_vertebra_gets_its_nearest() -> None:
    assert match_centres(column(1, 41, 22), column(0, 20, 40), 20).tolist() == [0, 2, 1]


def test_a_pair_beyond_the_radius_is_no_match() -> None:
    assert match_centres(column(0, 60.1), column(0, 40), 20).tolist() == [0, UNMATCHED]
    assert match_centres(column(0, 60), column(0, 40), 20).tolist() == [0, 1]


def test_a_chain_is_not_moved_to_match_one_more() -> None:
    """The second located vertebra lies at the vertebra below the annotated ones."""
    assert match_centres(column(19, 38), column(0, 20), 20).tolist() == [UNMATCHED, 0]


def test_one_located_vertebra_matches_one() -> None:
    assert match_centres(column(9), column(0, 20), 20).tolist() == [0, UNMATCHED]


@pytest.mark.parametrize(("located", "annotated"), [(0, 2), (2, 0), (0, 0)])
def test_nothing_to_match(located: int, annotated: int) -> None:
    matched = match_centres(column(*range(located)), column(*range(annotated)), 20)
    assert matched.tolist() == [UNMATCHED] * annotated
    assert distances(column(*range(located)), column(*range(annotated))).shape == (annotated, located)


def test_a_second_peak_of_a_vertebra_is_not_the_next_one() -> None:
    """It lies 18 mm from the second vertebra, which is missed."""
    assert match_centres(column(1, 12), column(0, 30), 20).tolist() == [0, UNMATCHED]
    assert match_centres(column(1, 16), column(0, 30), 20).tolist() == [0, 1]


@given(st.lists(st.integers(0, 100), max_size=6, unique=True), st.lists(st.integers(0, 100), max_size=6, unique=True))
def test_matching_is_one_to_one_within_the_radius(located: list[int], annotated: list[int]) -> None:
    matched = match_centres(column(*located), column(*annotated), 20)
    pairs = [(place, other) for place, other in enumerate(matched.tolist()) if other != UNMATCHED]
    assert len({other for _, other in pairs}) == len(pairs)
    assert all(abs(annotated[place] - located[other]) <= 20 for place, other in pairs)
    if located and annotated:
        apart = distances(column(*located), column(*annotated))
        allowed = (apart == apart.min(axis=0)) & (apart <= 20)
        rows, columns = linear_sum_assignment(np.where(allowed, apart, 1000))
        best = [apart[pair] for pair in zip(rows, columns, strict=True) if allowed[pair]]
        # A centre midway between two vertebrae may match either of them, but the first is taken.
        if (np.sum(apart == apart.min(axis=0), axis=0) == 1).all():
            assert sorted(apart[pair] for pair in pairs) == sorted(best)
