import numpy as np
import pytest

from evaluation.patient.components import count_at_or_above, label_components, peaks_by_total_size
from evaluation.settings import Connectivity


def test_total_counts_voxels_wherever_they_lie() -> None:
    quantised = np.zeros((5, 5, 5), dtype=np.uint16)
    quantised[0, 0, 0], quantised[4, 4, 4], quantised[2, 2, 2] = 500, 400, 400
    assert peaks_by_total_size(quantised, [1, 2, 3, 126], 1, 26).tolist() == [500, 400, 400, 0]


def test_total_below_the_floor_does_not_count() -> None:
    quantised = np.array([[[3, 5, 9]]], dtype=np.uint16)
    assert peaks_by_total_size(quantised, [1, 2, 3], 5, 26).tolist() == [9, 5, 0]
    assert count_at_or_above(quantised, 5)[[0, 5, 6, 9, 10]].tolist() == [2, 2, 1, 1, 0]


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("shape", [(7, 1, 1), (1, 7, 1), (1, 1, 7)])
def test_single_row_of_voxels_is_labelled(shape: tuple[int, int, int], connectivity: Connectivity) -> None:
    row = np.array([1, 0, 1, 1, 0, 1, 1], dtype=bool).reshape(shape)
    assert label_components(row, connectivity).ravel().tolist() == [1, 0, 2, 2, 0, 3, 3]
