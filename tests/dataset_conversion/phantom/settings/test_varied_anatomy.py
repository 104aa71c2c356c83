"""Cases with varied bones: table, masks and scan agree."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.spinal_canal import canal_centre
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.presets import BODY
from dataset_conversion.phantom.settings.acquisition import ANY, FieldSettings
from dataset_conversion.phantom.settings.spine import MeasuredCurveSettings
from dataset_conversion.phantom.settings.varied_anatomy import varied_anatomy
from tests.dataset_conversion.phantom.conftest import Rendered
from tests.dataset_conversion.phantom.depth import body_depth

SCOLIOSIS = MeasuredCurveSettings(scoliosis_chance=1.0, cobb_angle=(35.0, 45.0))
QUIET = replace(ANY, in_plane_spacing=(1.5, 1.5), slice_spacing=(1.5, 1.5), noise_sd=(0.0, 0.0))
VARIED = varied_anatomy(replace(BODY, field_of_view=FieldSettings(crop=(140.0, 180.0)), scanners=(QUIET,)))
SCOLIOTIC = replace(VARIED, spine=replace(VARIED.spine, measured=SCOLIOSIS))


@pytest.fixture(scope="module")
def scoliotic() -> list[Rendered]:
    plans = [plan_case(2, case, SCOLIOTIC) for case in range(4)]
    return [Rendered(plan, *render_case(plan, SCOLIOTIC)) for plan in plans]


def test_rows_of_scoliotic_spines_lie_in_their_own_bodies(scoliotic: list[Rendered]) -> None:
    for case in scoliotic:
        rows = case.plan.rows()
        index = np.rint(case.mask.world_to_index(np.array([row.centroid for row in rows]))).astype(int)
        assert case.mask.array[tuple(index.T)].tolist() == list(range(1, len(rows) + 1))


def test_rows_are_the_centres_of_their_bodies(scoliotic: list[Rendered]) -> None:
    checked = 0
    for case in scoliotic:
        for number, body in enumerate(case.plan.visible[1:-1], start=2):
            voxels = np.argwhere(case.mask.array == number)
            centre = (voxels.mean(axis=0) * case.plan.grid.spacing)[::-1]
            assert np.linalg.norm(centre - body.centroid) < 4.5
            checked += 1
    assert checked > 25


def test_the_spines_are_scoliotic(scoliotic: list[Rendered]) -> None:
    ranges = []
    for case in scoliotic:
        lean = [np.degrees(np.arctan2(body.frame.up[0], body.frame.up[2])) for body in case.plan.bodies]
        ranges.append(np.ptp(lean))
    assert max(ranges) > 25


def test_bodies_do_not_run_into_each_other() -> None:
    """The middle of each endplate lies outside both neighbours."""
    for case in range(60):
        for upper, lower in pairwise(plan_case(3, case, SCOLIOTIC).bodies):
            half = (upper.shape.heights.middle + 1) / 2
            below = upper.centroid - upper.frame.up * half - lower.origin
            axes = (lower.frame.left, lower.frame.posterior, lower.frame.up)
            depth = body_depth(lower.shape, *(np.array([below @ axis], np.float32) for axis in axes))
            assert depth[0] < 0


def test_the_canal_is_dark_along_the_whole_spine(scoliotic: list[Rendered]) -> None:
    for case in scoliotic:
        plan = case.plan
        phantom = Phantom(plan.grid, plan.bodies, plan.torso, False, SCOLIOTIC)
        x, y = (
            place.ravel() / step
            for place, step in zip(canal_centre(phantom, plan.grid.whole), plan.grid.spacing[:0:-1], strict=True)
        )
        slices = np.arange(plan.grid.shape[0])
        heights = slices * plan.grid.spacing[0]
        above_sacrum = heights > min(body.origin[2] for body in plan.bodies if not body.sacral)
        values = case.image.array[slices, np.rint(y).astype(int), np.rint(x).astype(int)][above_sacrum]
        assert np.mean(values < 100) > 0.99
