"""Positions of the levels, including those that are not laid out."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.level_positions import LevelPositions
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.spine.anatomy import expected_spacing


def test_laid_out_levels_have_the_positions_of_their_bodies(plans: list[CasePlan]) -> None:
    positions = LevelPositions.of(plans[0].bodies)
    for body in plans[0].bodies:
        assert positions.z[body.level] == body.origin[2]


def test_all_other_levels_follow_in_order(plans: list[CasePlan]) -> None:
    bodies = plans[0].bodies[1:-1]
    positions = LevelPositions.of(bodies)
    values = list(dict(sorted(positions.z.items(), key=lambda item: -item[1])))
    assert {"C1", "S2"} <= positions.z.keys()
    assert values.index("T4") < values.index("T8") < values.index("L2") < values.index("S2")
    first = bodies[0]
    assert positions.z["T2"] - first.origin[2] == pytest.approx(expected_spacing("T2", first.level))


def test_a_profile_is_interpolated_between_levels_and_constant_beyond() -> None:
    positions = LevelPositions({"T1": 100.0, "L1": 0.0, "S1": -50.0})
    z = np.array([200.0, 100.0, 75.0, 0.0, -90.0], dtype=np.float32)
    found = positions.profile((("T1", 4.0), ("L1", 8.0)), z)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [4.0, 4.0, 5.0, 8.0, 8.0])
