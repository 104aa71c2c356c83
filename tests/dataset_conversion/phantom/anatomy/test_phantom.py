"""What painters know."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Scene


def test_the_middle_of_a_level_is_its_bodys(scene: Scene) -> None:
    for body in scene.bodies:
        np.testing.assert_allclose(scene.middle(body.level), body.origin, atol=0.01)


def test_a_level_outside_the_layout_lies_beyond_its_end(scene: Scene) -> None:
    assert scene.middle("T1")[2] > scene.bodies[0].origin[2]


def test_distance_to_the_column_is_negative_inside_bodies_and_mm_before_them(scene: Scene) -> None:
    distance = scene.off_column(scene.grid.whole)
    body = scene.bodies[len(scene.bodies) // 2]
    z, y, x = np.rint(body.origin[::-1] / scene.grid.spacing).astype(int)
    assert distance[z, y, x] < -5
    ahead = round(30 / scene.grid.spacing[1])
    assert distance[z, y - ahead, x] == pytest.approx(30 - body.normal.half_depth, abs=3.5)


def test_the_box_around_the_column_holds_all_origins_in_all_slices(scene: Scene) -> None:
    z, y, x = scene.around_column(beside=10.0, before=20.0, behind=5.0)
    assert (z.start, z.stop) == (0, scene.grid.shape[0])
    for body in scene.bodies:
        assert x.start * scene.grid.spacing[2] <= body.origin[0] <= x.stop * scene.grid.spacing[2]
        assert y.start * scene.grid.spacing[1] <= body.origin[1] - 17 or y.start == 0
