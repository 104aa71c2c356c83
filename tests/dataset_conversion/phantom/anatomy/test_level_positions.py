"""Where levels stand, also those that are not laid out."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.level_positions import LevelHeights
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.spine.anatomy import expected_spacing


def test_levels_laid_out_stand_where_their_bodies_are(plans: list[CasePlan]) -> None:
    heights = LevelHeights.of(plans[0].bodies)
    for body in plans[0].bodies:
        assert heights.z[body.level] == body.origin[2]


def test_all_other_levels_follow_in_order(plans: list[CasePlan]) -> None:
    bodies = plans[0].bodies[1:-1]
    heights = LevelHeights.of(bodies)
    values = list(dict(sorted(heights.z.items(), key=lambda item: -item[1])))
    assert {"C1", "S2"} <= heights.z.keys()
    assert values.index("T4") < values.index("T8") < values.index("L2") < values.index("S2")
    first = bodies[0]
    assert heights.z["T2"] - first.origin[2] == pytest.approx(expected_spacing("T2", first.level))


def test_a_profile_is_interpolated_between_levels_and_stays_beyond() -> None:
    heights = LevelHeights({"T1": 100.0, "L1": 0.0, "S1": -50.0})
    z = np.array([200.0, 100.0, 75.0, 0.0, -90.0], dtype=np.float32)
    found = heights.profile((("T1", 4.0), ("L1", 8.0)), z)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [4.0, 4.0, 5.0, 8.0, 8.0])
