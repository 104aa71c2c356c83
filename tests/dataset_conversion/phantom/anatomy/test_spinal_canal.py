"""The spinal canal."""

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.spinal_canal import paint_canal
from dataset_conversion.phantom.anatomy.vertebral_column import interpolate_column
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.cohort.presets import SPINE


def test_the_canal_holds_the_thecal_sac_in_fat(plans: list[CasePlan]) -> None:
    plan, tissue = plans[0], SPINE.tissue
    volume = np.full(plan.grid.shape, 40, np.float32)
    paint_canal(volume, np.random.default_rng(0), Phantom(plan.grid, plan.bodies, plan.torso, False, SPINE))
    body = plan.visible[2]
    row = round(float(body.origin[2]) / plan.grid.spacing[0])
    column = interpolate_column(plan.bodies, np.full((1, 1, 1), row * plan.grid.spacing[0], np.float32))
    half_depth = column.canal_half_depth.item()
    middle = column.y.item() + column.half_depth.item() + half_depth + tissue.canal_gap
    step, x = plan.grid.spacing[1], round(column.x.item() / plan.grid.spacing[2])
    sac, fat = volume[row, round(middle / step), x], volume[row, round((middle + half_depth - 0.75) / step), x]
    assert tissue.thecal_sac[0] <= sac <= tissue.thecal_sac[1]
    assert fat < -40
    assert volume[row, round((middle - half_depth - 4) / step), x] == 40
