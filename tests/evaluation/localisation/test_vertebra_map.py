import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.localisation.vertebra_map import add_maps
from evaluation.maps.probability_map import ProbabilityMap
from tests.evaluation.localisation.conftest import affine_of

AFFINE = affine_of((1.0, 1.0, 1.0))


def map_of(steps: list[int], affine: np.ndarray = AFFINE) -> ProbabilityMap:
    return ProbabilityMap(np.array(steps, np.uint16).reshape(-1, 1, 1), affine)


def test_sums_are_exact_and_above_one_become_one() -> None:
    total = add_maps([map_of([0, 1, 40000, 65535]), map_of([0, 2, 20000, 65535]), map_of([5, 0, 5000, 65535])])
    assert total.quantised.ravel().tolist() == [5, 3, 65000, 65535]
    assert total.quantised.dtype == np.uint16
    assert total.affine is AFFINE


def test_inputs_are_not_changed() -> None:
    first, second = map_of([1, 2]), map_of([3, 4])
    add_maps([first, second])
    assert (first.quantised.ravel().tolist(), second.quantised.ravel().tolist()) == ([1, 2], [3, 4])


def test_one_map_is_its_own_sum() -> None:
    assert add_maps([map_of([7, 8])]).quantised.ravel().tolist() == [7, 8]


def test_every_map_on_another_grid_is_named() -> None:
    moved = affine_of((1.0, 1.0, 1.0), (0.0, 0.0, 0.5))
    with pytest.raises(InputError) as caught:
        add_maps([map_of([1, 2]), map_of([1, 2, 3]), map_of([1, 2], moved), map_of([1, 2])])
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["map 2 of 4", "map 3 of 4"]
    assert "(3, 1, 1)" in caught.value.problems[0]
    assert "0.5" in caught.value.problems[1]


def test_no_map_is_refused() -> None:
    with pytest.raises(InputError, match="0 probability maps; expected"):
        add_maps([])
