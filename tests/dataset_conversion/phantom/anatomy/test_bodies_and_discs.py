"""Painted bodies and discs: density, shell and sclerotic bands."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.bodies_and_discs import (
    Band,
    BodyDensity,
    body_box,
    draw_densities,
    draw_trabecular,
    paint_body,
    paint_disc,
)
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.phantom.settings.bones import BoneSettings
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.shapes.frames import frame_from_angles
from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from tests.dataset_conversion.phantom.depth import body_depth

PLAIN = BodyDensity(
    trabecular=110.0,
    texture_sd=0.0,
    cortical=700.0,
    cortical_thickness=0.7,
    endplate_thickness=0.7,
    disc=70.0,
    band=None,
)
GRID = Grid(shape=(60, 60, 60), spacing=(1.0, 1.0, 1.0))


@pytest.fixture
def body(shape: Callable[..., BodyShape]) -> Body:
    """An upright body in the middle of the grid."""
    frame = frame_from_angles(0, 0, 0)
    return Body("L1", np.array([30.0, 30.0, 30.0]), frame, shape(), shape(), None, (8.0, 6.0))


def paint(body: Body, density: BodyDensity) -> tuple[np.ndarray, np.ndarray]:
    volume = np.full(GRID.shape, -100, dtype=np.float32)
    box, inside = paint_body(volume, np.random.default_rng(0), GRID, body, density, BoneSettings())
    mask = np.zeros(GRID.shape, bool)
    mask[box] = inside
    return volume, mask


def test_a_body_is_trabecular_inside_and_cortical_at_its_surface(body: Body) -> None:
    volume, mask = paint(body, PLAIN)
    depth = body_depth(body.shape, *GRID.local((slice(0, 60),) * 3, body.origin, body.frame))
    np.testing.assert_allclose(volume[depth > 2], 110, atol=0.5)
    assert np.median(volume[(depth > 0) & (depth < 0.5)]) > 350
    np.testing.assert_array_equal(volume[depth < -1], -100)
    np.testing.assert_array_equal(mask, depth > 0)


def test_the_mask_has_the_bodys_volume(body: Body) -> None:
    """It is about the area of the superellipse (90 % of that of the waisted rectangle) times the mean height."""
    _, mask = paint(body, PLAIN)
    assert mask.sum() == pytest.approx(0.81 * 0.9 * 40 * 30 * 23, rel=0.1)


def test_texture_varies_inside_only(body: Body) -> None:
    textured, _ = paint(body, replace(PLAIN, texture_sd=20.0))
    plain, _mask = paint(body, PLAIN)
    change = textured - plain
    depth = body_depth(body.shape, *GRID.local((slice(0, 60),) * 3, body.origin, body.frame))
    assert change[depth > 2].std() == pytest.approx(20, abs=3)
    assert not change[depth < -1].any()


def test_endplates_can_be_thicker_than_walls(body: Body) -> None:
    thick, _ = paint(body, replace(PLAIN, endplate_thickness=1.6))
    plain, _ = paint(body, PLAIN)
    change = thick - plain
    assert change[:, 30, 30].max() > 100
    assert change[30].max() == pytest.approx(0, abs=1e-3)


def test_a_band_brightens_a_layer_below_the_upper_endplate(body: Body) -> None:
    band = Band(density=200.0, depth=3.0, thickness=1.1, side=(0.0, 0.0))
    with_band, _ = paint(body, replace(PLAIN, band=band))
    without, _ = paint(body, PLAIN)
    column = (with_band - without)[:, 30, 30]
    upper = 30 + body.shape.heights.middle / 2
    assert abs(column.argmax() - (upper - 3)) <= 1
    assert column.max() == pytest.approx(200, rel=0.15)
    assert abs(column[24]) < 1


def test_discs_fill_the_room_above_and_below(body: Body) -> None:
    volume = np.full(GRID.shape, -100, dtype=np.float32)
    paint_disc(volume, GRID, body, PLAIN, BoneSettings())
    rim = body.shape.central_rim / 2
    above, below = int(30 + rim + 3), int(30 - rim - 2)
    assert volume[above, 30, 30] == pytest.approx(70, abs=1)
    assert volume[below, 30, 30] == pytest.approx(70, abs=1)
    assert volume[int(30 + rim + 4 + 3), 30, 30] == -100
    assert volume[above, 30, 30 + 22] == -100


def test_a_body_at_the_border_is_cut_and_one_outside_is_not_painted(body: Body) -> None:
    cut, mask = paint(replace(body, origin=np.array([30.0, 30.0, 0.0])), PLAIN)
    assert mask[0].any()
    assert (cut != -100).any()
    outside, mask = paint(replace(body, origin=np.array([30.0, 30.0, -90.0])), PLAIN)
    assert not mask.any()
    assert (outside == -100).all()


def test_the_box_holds_the_whole_body(body: Body) -> None:
    depth = body_depth(body.shape, *GRID.local((slice(0, 60),) * 3, body.origin, body.frame))
    inside = depth > 0
    total = inside.sum()
    assert inside[body_box(GRID, body)].sum() == total


def test_density_is_mostly_the_patients_and_bands_go_with_fractures(plans: list[CasePlan]) -> None:
    settings, rng = SPINE, np.random.default_rng(0)
    bands: dict[bool, list[bool]] = {True: [], False: []}
    patients = []
    for plan in plans:
        densities = draw_densities(rng, plan.bodies, settings)
        patients.append([density.trabecular for density in densities])
        for body, density in zip(plan.bodies, densities, strict=True):
            bands[body.fracture is not None].append(density.band is not None)
    means, spreads = [np.mean(patient) for patient in patients], [np.std(patient) for patient in patients]
    assert np.mean(means) == pytest.approx(102, abs=8)
    assert np.std(means) > 2 * np.mean(spreads)
    assert np.mean(bands[True]) == pytest.approx(0.75, abs=0.1)
    assert np.mean(bands[False]) == pytest.approx(0.15, abs=0.06)


def test_bone_is_thinner_in_older_patients() -> None:
    rng = np.random.default_rng(0)
    means = []
    for age in (70.0, 81.0, 95.0):
        settings = BoneSettings(age=Normal(age, 0.0, age, age))
        means.append(np.mean([draw_trabecular(rng, settings) for _ in range(1500)]))
    # Jang 2019: 226 HU at 30 years, 2.5 HU less per year; the lowest values are cut off.
    np.testing.assert_allclose(means, [126 + 3, 98.5 + 3, 63.5 + 3], atol=4)
