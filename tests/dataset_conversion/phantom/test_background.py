"""Soft tissue, canal, vessel, lung and skin."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.background import column_of, paint_background
from dataset_conversion.phantom.case import CasePlan
from dataset_conversion.phantom.settings import TissueSettings

BARE = TissueSettings(aorta_chance=0.0, lung_chance=0.0, skin_depth=(500.0, 501.0), skin_radius=900.0)


def paint(plan: CasePlan, settings: TissueSettings) -> np.ndarray:
    return paint_background(np.random.default_rng(0), plan.grid, plan.bodies, settings)


@pytest.fixture(scope="module")
def bare(plans: list[CasePlan]) -> np.ndarray:
    """Soft tissue and canal only."""
    return paint(plans[0], BARE)


def test_soft_tissue_is_between_fat_and_muscle(bare: np.ndarray) -> None:
    assert bare.min() >= BARE.fat[0]
    assert bare.max() <= BARE.muscle[1]
    assert 0.02 < np.mean(bare < -50) < 0.5
    assert np.mean(bare > 20) > 0.3


def test_the_column_runs_through_the_bodies(plans: list[CasePlan]) -> None:
    plan = plans[0]
    column = column_of(plan.grid, plan.bodies)
    for body in plan.visible:
        row = round(body.origin[2] / plan.grid.spacing[0])
        assert column.x[row].item() == pytest.approx(body.origin[0], abs=0.5)
        assert column.y[row].item() == pytest.approx(body.origin[1], abs=0.5)
        assert column.half_width[row].item() == pytest.approx(body.normal.half_width, abs=0.5)


def test_the_canal_holds_the_thecal_sac_in_fat(plans: list[CasePlan], bare: np.ndarray) -> None:
    plan, column = plans[0], column_of(plans[0].grid, plans[0].bodies)
    row = plan.grid.shape[0] // 2
    half_depth = column.canal_half_depth[row].item()
    middle = column.y[row].item() + column.half_depth[row].item() + half_depth + BARE.canal_gap
    step, x = plan.grid.spacing[1], round(column.x[row].item() / plan.grid.spacing[2])
    sac, fat = bare[row, round(middle / step), x], bare[row, round((middle + half_depth - 0.75) / step), x]
    assert BARE.thecal_sac[0] <= sac <= BARE.thecal_sac[1]
    assert fat < -40


def test_the_aorta_lies_in_front_of_the_spine(plans: list[CasePlan], bare: np.ndarray) -> None:
    plan = plans[0]
    settings = replace(BARE, aorta_chance=1.0, aorta=(160.0, 161.0), calcification_chance=0.0)
    vessel = paint(plan, settings) > 100
    column = column_of(plan.grid, plan.bodies)
    front = (column.y - column.half_depth)[:, 0, 0]
    rows, columns, _ = np.nonzero(vessel)
    assert vessel.any(axis=(1, 2)).mean() > 0.5
    assert np.all(columns * plan.grid.spacing[1] < front[rows])


def test_calcified_walls_are_bright(plans: list[CasePlan]) -> None:
    settings = replace(BARE, aorta_chance=1.0, aorta=(40.0, 41.0), calcification_chance=1.0)
    assert paint(plans[0], settings).max() > 150


def test_lungs_are_air_high_up_and_absent_below_the_chest(plans: list[CasePlan]) -> None:
    plan = next(plan for plan in plans if plan.visible[0].level == "T8")
    air = paint(plan, replace(BARE, lung_chance=1.0)) < -700
    share = air.mean(axis=(1, 2))
    assert share[-1] > 0.05
    assert share[0] == 0
    lumbar = next(plan for plan in plans if plan.visible[0].level == "L1")
    assert not (paint(lumbar, replace(BARE, lung_chance=1.0)) < -700).any()


def test_air_lies_behind_the_skin_and_fat_below_it(plans: list[CasePlan]) -> None:
    settings = replace(BARE, skin_depth=(45.0, 46.0), skin_radius=150.0)
    volume = paint(plans[0], settings)
    row, column = volume.shape[0] // 2, volume.shape[2] // 2
    profile = volume[row, :, column]
    first_air = int(np.argmax(profile < -900))
    assert first_air > 0
    assert np.all(profile[first_air:] < -900)
    assert profile[first_air - 3] < -60
