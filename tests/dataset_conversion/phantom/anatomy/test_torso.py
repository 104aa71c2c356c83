"""The patient's outline."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.torso import draw_torso
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.settings.tissue import TorsoSettings


def test_every_spinous_process_is_below_the_skin(paper_plans: list[CasePlan]) -> None:
    settings = TorsoSettings()
    for plan in paper_plans[:30]:
        for body in plan.visible:
            tip = float(body.origin[1]) + body.normal.half_depth + canal_size(body.level)[1]
            tip += settings.behind_sacrum if body.sacral else settings.behind_spinous
            skin = float(plan.torso.back_at(float(body.origin[2])))
            assert tip + 4 < skin <= min(plan.torso.back, tip + settings.slack) + 1e-3


def test_depth_is_zero_on_the_skin_and_increases_inwards(phantom: Phantom) -> None:
    outline = phantom.outline(phantom.grid.whole)
    x, y, _ = phantom.grid.points(phantom.grid.whole)
    row = phantom.grid.shape[0] // 2
    column = int(np.abs(x.ravel() - phantom.torso.x).argmin())
    depth = outline.depth[row, :, column]
    front = outline.y[row].item() - outline.half_depth[row].item()
    np.testing.assert_allclose(depth[1 : depth.argmax()], (y.ravel() - front)[1 : depth.argmax()], atol=2.6)
    assert outline.depth[:, 0].max() < 0
    assert 80 < outline.depth.max() <= outline.half_width.max()


def test_layers_follow_each_other_below_the_skin(phantom: Phantom) -> None:
    outline = phantom.outline(phantom.grid.whole)
    assert np.all(outline.subcutaneous > 0)
    assert np.all(outline.wall >= phantom.torso.wall - 1e-4)
    assert np.all(outline.below_wall < outline.below_fat)
    assert np.all(outline.below_fat < outline.depth)
    assert outline.subcutaneous[:, 0].mean() > outline.subcutaneous[:, -1].mean()


def test_moving_a_torso_moves_all_of_it(plans: list[CasePlan], rng: np.random.Generator) -> None:
    torso = draw_torso(rng, plans[0].visible, TorsoSettings())
    moved = torso.moved(np.array([5.0, 7.0, 11.0]))
    assert moved.x == torso.x - 5
    assert moved.back == torso.back - 7
    z = float(plans[0].visible[2].origin[2])
    assert float(moved.back_at(z - 11)) == pytest.approx(float(torso.back_at(z)) - 7, abs=1e-3)
