"""Screws go through the pedicles into the bodies, beside the canal."""

from typing import Any

import numpy as np

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.settings.lesions import ImplantSettings
from dataset_conversion.phantom.tissue.implants import paint_implants

CLEAN = ImplantSettings(chance=1.0, artefact=(0.0, 0.0), levels=(3, 3))


def test_screws_reach_the_bodies_and_leave_the_canal_free(rendered: list[Any], rng: np.random.Generator) -> None:
    case = rendered[0]
    grid, bodies = case.plan.grid, case.plan.visible
    volume = np.zeros(grid.shape, np.float32)
    paint_implants(volume, rng, grid, bodies, CLEAN)
    metal = volume > 2000
    reached = np.unique(case.mask.array[metal])
    assert np.count_nonzero(reached) == 3
    assert np.ptp(reached[reached > 0]) == 2
    for body in bodies:
        u, v, w = grid.local(grid.whole, body.origin, body.frame)
        depth = canal_size(body.level)[1]
        behind = (v > body.normal.half_depth + 2) & (v < body.normal.half_depth + depth - 2)
        assert not np.any(metal & behind & (np.abs(u) < 4) & (np.abs(w) < 8))


def test_the_artefact_has_both_signs_and_fades(rendered: list[Any], rng: np.random.Generator) -> None:
    case = rendered[0]
    volume = np.zeros(case.plan.grid.shape, np.float32)
    paint_implants(volume, rng, case.plan.grid, case.plan.visible, ImplantSettings(chance=1.0, artefact=(200.0, 200.0)))
    assert volume.min() < -50
    around = volume[volume < 1000]
    assert around.max() > 50
    assert np.abs(volume[:, 0, 0]).max() < 60


def test_there_are_none_by_default(rendered: list[Any], rng: np.random.Generator) -> None:
    case = rendered[0]
    volume = np.zeros(case.plan.grid.shape, np.float32)
    paint_implants(volume, rng, case.plan.grid, case.plan.visible, ImplantSettings())
    assert not volume.any()
