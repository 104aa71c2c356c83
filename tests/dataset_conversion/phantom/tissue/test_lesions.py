"""Vacuum, lesions and cement stay where they belong and have their densities."""

from typing import Any

import numpy as np
import pytest

from dataset_conversion.phantom.settings.lesions import LesionSettings
from dataset_conversion.phantom.tissue.lesions import paint_lesions, paint_vacuum

BONE = 150.0


def fractured(rendered: list[Any]) -> tuple[Any, Any, int]:
    """A case, a fractured body of it, and the body's number."""
    return next(
        (case, body, number)
        for case in rendered
        for number, body in enumerate(case.plan.visible, start=1)
        if body.fracture is not None and 1 < number < len(case.plan.visible)
    )


def painted(rendered: list[Any], rng: np.random.Generator, settings: LesionSettings) -> tuple[np.ndarray, np.ndarray]:
    """Densities after painting into a volume of bone, and which voxels are the body's."""
    case, body, number = fractured(rendered)
    volume = np.full(case.plan.grid.shape, BONE, np.float32)
    inside = case.mask.array == number
    paint_lesions(volume, rng, case.plan.grid, body, (case.plan.grid.whole, inside), settings)
    return volume, inside


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        (LesionSettings(island_chance=1.0, island_radius=(4.0, 4.0)), 350, 1100),
        (LesionSettings(cement_chance=1.0), 900, 2400),
    ],
)
def test_islands_and_cement_are_dense_and_inside_the_body(
    rendered: list[Any], rng: np.random.Generator, settings: LesionSettings, low: float, high: float
) -> None:
    volume, inside = painted(rendered, rng, settings)
    assert np.all(volume[~inside] == BONE)
    assert low <= volume.max() <= high
    assert 0.001 < np.mean(volume[inside] > BONE + 50) < 0.8


def test_a_haemangioma_has_struts_in_a_region_of_low_density(rendered: list[Any], rng: np.random.Generator) -> None:
    volume, inside = painted(rendered, rng, LesionSettings(haemangioma_chance=1.0, haemangioma_size=(0.7, 0.7)))
    assert np.all(volume[~inside] == BONE)
    low, high = np.mean(volume[inside] < BONE - 40), np.mean(volume[inside] > BONE + 20)
    assert low > high > 0


def test_nothing_is_painted_by_default(rendered: list[Any], rng: np.random.Generator) -> None:
    volume, _ = painted(rendered, rng, LesionSettings())
    assert np.all(volume == BONE)


def test_vacuum_lies_in_the_disc_below(rendered: list[Any], rng: np.random.Generator) -> None:
    case, body, _ = fractured(rendered)
    volume = np.full(case.plan.grid.shape, 70, np.float32)
    paint_vacuum(volume, rng, case.plan.grid, body, LesionSettings(vacuum_chance=1.0, vacuum_thickness=(0.6, 0.6)))
    box = case.plan.grid.whole
    _, _, w = case.plan.grid.local(box, body.origin, body.frame)
    gas = volume < 0
    assert gas.any()
    middle = -(body.shape.heights.rim + body.discs[1]) / 2
    assert np.abs(w[gas] - middle).max() < body.discs[1] / 2 + 1
