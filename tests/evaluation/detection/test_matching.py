from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evaluation.detection.matching import distances, first_hits
from evaluation.patient.rule import Finding

reaches = arrays.arrays(bool, st.tuples(st.integers(0, 5), st.integers(0, 4)))


def best_pairing(reach: npt.NDArray[np.bool_]) -> int:
    """The largest one-to-one pairing by trying all of them."""
    rows, columns = reach.shape
    for size in range(min(rows, columns), 0, -1):
        for chosen in combinations(range(rows), size):
            for partners in permutations(range(columns), size):
                if all(reach[pair] for pair in zip(chosen, partners, strict=True)):
                    return size
    return 0


@given(reaches)
def test_hits_above_any_threshold_are_the_best_matching(reach: npt.NDArray[np.bool_]) -> None:
    hits = first_hits(reach)
    for count in range(len(reach) + 1):
        assert hits[:count].sum() == best_pairing(reach[:count])


def test_second_finding_at_one_vertebra_is_no_hit() -> None:
    assert first_hits(np.array([[True], [True]])).tolist() == [True, False]


def test_finding_between_two_fractures_leaves_the_nearer_one_to_another_finding() -> None:
    # The first reaches both, the second only the first vertebra; taking that one greedily would lose a hit.
    assert first_hits(np.array([[True, True], [True, False]])).tolist() == [True, True]


def test_distances_in_mm() -> None:
    finding = Finding((0.0, 3.0, 4.0), 10, 10.0, 0.9)
    assert distances([finding], [(0.0, 0.0, 0.0), (0.0, 3.0, 5.0)]).tolist() == [[5.0, 1.0]]
    assert distances([], [(0.0, 0.0, 0.0)]).shape == (0, 1)
    assert distances([finding], []).shape == (1, 0)
