"""The vertebral column in each slice."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.vertebral_column import interpolate_column
from dataset_conversion.phantom.cohort.case import CasePlan


def test_the_column_runs_through_the_bodies(plans: list[CasePlan]) -> None:
    plan = plans[0]
    for body in plan.visible:
        z = np.full((1, 1, 1), body.origin[2], dtype=np.float32)
        column = interpolate_column(plan.bodies, z)
        assert column.x.item() == pytest.approx(body.origin[0], abs=0.01)
        assert column.y.item() == pytest.approx(body.origin[1], abs=0.01)
        assert column.half_width.item() == pytest.approx(body.normal.half_width, abs=0.01)
        assert column.canal_half_width.item() == pytest.approx(canal_size(body.level)[0] / 2, abs=0.01)


def test_leaning_bodies_are_deeper_in_the_slice(paper_plans: list[CasePlan]) -> None:
    plan = next(plan for plan in paper_plans if plan.visible[-1].level == "S2")
    sacrum = next(body for body in plan.bodies if body.level == "S1")
    column = interpolate_column(plan.bodies, np.full((1, 1, 1), sacrum.origin[2], dtype=np.float32))
    assert column.half_depth.item() > 1.03 * sacrum.normal.half_depth
    assert column.half_depth.dtype == np.float32
