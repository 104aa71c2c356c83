"""Geometry of a phantom."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom


def test_the_middle_of_a_level_is_its_bodys(phantom: Phantom) -> None:
    for body in phantom.bodies:
        np.testing.assert_allclose(phantom.middle(body.level), body.origin, atol=0.01)


def test_a_level_outside_the_layout_lies_beyond_its_end(phantom: Phantom) -> None:
    assert phantom.middle("T1")[2] > phantom.bodies[0].origin[2]


def test_distance_from_the_column_is_negative_inside_bodies_and_in_mm_in_front_of_them(phantom: Phantom) -> None:
    distance = phantom.off_column(phantom.grid.whole)
    body = phantom.bodies[len(phantom.bodies) // 2]
    z, y, x = np.rint(body.origin[::-1] / phantom.grid.spacing).astype(int)
    assert distance[z, y, x] < -5
    ahead = round(30 / phantom.grid.spacing[1])
    assert distance[z, y - ahead, x] == pytest.approx(30 - body.normal.half_depth, abs=3.5)


def test_the_box_around_the_column_holds_all_origins_in_all_slices(phantom: Phantom) -> None:
    z, y, x = phantom.around_column(beside=10.0, before=20.0, behind=5.0)
    assert (z.start, z.stop) == (0, phantom.grid.shape[0])
    for body in phantom.bodies:
        assert x.start * phantom.grid.spacing[2] <= body.origin[0] <= x.stop * phantom.grid.spacing[2]
        assert y.start * phantom.grid.spacing[1] <= body.origin[1] - 17 or y.start == 0
