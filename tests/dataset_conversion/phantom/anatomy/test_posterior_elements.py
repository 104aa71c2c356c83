"""Posterior elements: symmetric, behind the canal, joined to the body."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.posterior_elements import paint_posterior, posterior_elements
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.settings.bones import PosteriorSettings
from dataset_conversion.phantom.shapes.grid import Grid


def test_left_and_right_mirror_each_other(plans: list[CasePlan]) -> None:
    for body in plans[0].visible:
        ends = {(*c.start, *c.end, c.radius) for c in posterior_elements(body, PosteriorSettings())}
        assert {(-c[0], c[1], c[2], -c[3], *c[4:]) for c in ends} == ends


def test_pedicles_begin_inside_the_body_and_the_canal_stays_free(plans: list[CasePlan]) -> None:
    for plan in plans[:20]:
        for body in plan.visible:
            wall = body.normal.half_depth
            width, depth = canal_size(body.level)
            pedicles = [
                c for c in posterior_elements(body, PosteriorSettings()) if c.start[1] == pytest.approx(0.75 * wall)
            ]
            assert len(pedicles) == 2
            assert all(abs(c.start[0]) < body.normal.half_width for c in pedicles)
            # The middle of the canal is further from every rod than a third of its smaller half size.
            middle = np.array([0.0, wall + 1 + depth / 2, 0.0])
            for rod in posterior_elements(body, PosteriorSettings()):
                start, end = np.array(rod.start), np.array(rod.end)
                along = np.clip((middle - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
                distance = np.linalg.norm(middle - start - along * (end - start)) - rod.radius
                assert distance > min(width, depth) / 6


def test_overlapping_rods_are_one_bone_with_one_shell(plans: list[CasePlan]) -> None:
    body = next(body for body in plans[0].visible if body.level.startswith("L"))
    grid = Grid(shape=(250, 190, 160), spacing=(0.7, 0.7, 0.7))
    volume = np.zeros(grid.shape, dtype=np.float32)
    paint_posterior(volume, grid, body, 700.0, PosteriorSettings())
    joint = body.origin + body.frame.to_world(*posterior_elements(body, PosteriorSettings())[2].end)
    z, y, x = np.rint(joint[::-1] / 0.7).astype(int)
    assert volume[z, y, x] == pytest.approx(160, abs=1)
    assert volume.max() > 500
    assert volume.min() == 0
    for rod in posterior_elements(body, PosteriorSettings()):
        for end in (rod.start, rod.end):
            z, y, x = np.rint((body.origin + body.frame.to_world(*end))[::-1] / 0.7).astype(int)
            assert volume[z, y, x] > 140, "a rod has a gap"


def test_elements_outside_the_grid_are_not_painted(plans: list[CasePlan]) -> None:
    grid = Grid(shape=(4, 4, 4), spacing=(1.0, 1.0, 1.0))
    volume = np.zeros(grid.shape, dtype=np.float32)
    paint_posterior(volume, grid, plans[0].visible[0], 700.0, PosteriorSettings())
    assert not volume.any()
