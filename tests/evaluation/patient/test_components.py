import numpy as np
import pytest

from evaluation.patient.components import count_at_or_above, label_components, level_of, levels_of_total
from evaluation.settings import Connectivity


def test_total_counts_voxels_wherever_they_lie() -> None:
    levels = np.zeros((5, 5, 5), dtype=np.uint16)
    levels[0, 0, 0], levels[4, 4, 4], levels[2, 2, 2] = 500, 400, 400
    assert levels_of_total(levels, [1, 2, 3, 126], 1, 26).tolist() == [500, 400, 400, 0]


def test_total_below_the_floor_does_not_count() -> None:
    levels = np.array([[[3, 5, 9]]], dtype=np.uint16)
    assert levels_of_total(levels, [1, 2, 3], 5, 26).tolist() == [9, 5, 0]
    assert count_at_or_above(levels, 5)[[0, 5, 6, 9, 10]].tolist() == [2, 2, 1, 1, 0]


@pytest.mark.parametrize("level", [1, 2, 3, 32767, 32768, 65534, 65535])
def test_threshold_of_a_level_names_that_level(level: int) -> None:
    assert level_of(level / 65535) == level
    assert level_of(float(np.float32(level / 65535))) == level
    assert level_of((level - 0.5) / 65535) == level


def test_every_voxel_is_never_asked_for() -> None:
    assert level_of(0.0) == 1


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("shape", [(7, 1, 1), (1, 7, 1), (1, 1, 7)])
def test_single_row_of_voxels_is_labelled(shape: tuple[int, int, int], connectivity: Connectivity) -> None:
    row = np.array([1, 0, 1, 1, 0, 1, 1], dtype=bool).reshape(shape)
    assert label_components(row, connectivity).ravel().tolist() == [1, 0, 2, 2, 0, 3, 3]
