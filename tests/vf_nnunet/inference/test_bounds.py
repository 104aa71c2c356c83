"""The box around what is set."""

import numpy as np

from vf_nnunet.inference.bounds import occupied_bounds


def test_the_box_holds_all_that_is_set_and_no_more() -> None:
    mask = np.zeros((5, 6, 7), bool)
    mask[1, 2, 3] = mask[3, 2, 6] = True
    assert occupied_bounds(mask) == [(1, 4), (2, 3), (3, 7)]


def test_nothing_is_set() -> None:
    assert occupied_bounds(np.zeros((2, 3, 4), bool)) == [(0, 0)] * 3
