"""Painted discs of a varied cohort."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.discs import Bridge, Disc, Inclusion
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.discs import DiscSettings
from dataset_conversion.phantom.shapes.frames import frame_from_angles
from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from dataset_conversion.phantom.tissue.discs import paint_varied_disc

GRID = Grid(shape=(60, 60, 60), spacing=(1.0, 1.0, 1.0))
PLAIN = Disc(nucleus=70.0, annulus=40.0, annulus_width=6.0, bulge=1.0, texture_sd=0.0)
BELOW = 30 - 12 - 4  # the slice in the middle of the disc below


@pytest.fixture
def body(shape: Callable[..., BodyShape]) -> Body:
    """An upright body with a disc of 8 mm above and below."""
    frame, centre = frame_from_angles(0, 0, 0), np.array([30.0, 30.0, 30.0])
    return Body("L1", centre, frame, shape(), shape(), None, (8.0, 8.0), None, (PLAIN, PLAIN))


def paint(body: Body, **changes: object) -> np.ndarray:
    assert body.beside is not None
    disc = replace(body.beside[1], **changes)  # type: ignore[arg-type]
    volume = np.full(GRID.shape, -100, dtype=np.float32)
    body = replace(body, beside=(body.beside[0], disc))
    paint_varied_disc(volume, np.random.default_rng(0), GRID, body, DiscSettings())
    return volume


def test_the_annulus_is_denser_than_the_nucleus(body: Body) -> None:
    row = paint(body)[BELOW, 30]
    assert row[30] == pytest.approx(70, abs=1)
    assert row[30 + 17] > 85
    assert row[30 + 24] == -100


def test_each_disc_has_its_own_density(body: Body) -> None:
    volume = paint(body, nucleus=120.0)
    assert volume[BELOW, 30, 30] == pytest.approx(120, abs=1)
    assert volume[30 + 12 + 4, 30, 30] == pytest.approx(70, abs=1)


def test_texture_varies_inside_a_disc(body: Body) -> None:
    assert np.std(paint(body, texture_sd=12.0)[BELOW, 24:36, 24:36]) > 3 * np.std(paint(body)[BELOW, 24:36, 24:36])


@pytest.mark.parametrize("density", [-700.0, 500.0])
def test_gas_and_calcification_lie_in_the_middle(body: Body, density: float) -> None:
    volume = paint(body, inclusions=(Inclusion(density, 0.6, 0.8, (0.0, 0.0)),))
    assert volume[BELOW, 30, 30] == pytest.approx(density, abs=40)
    assert volume[BELOW, 30, 30 + 15] > 50


def test_bone_bridges_a_disc_in_front_of_it(body: Body) -> None:
    change = paint(body, bridge=Bridge(600.0, 4.0, 0.5, 0.0)) - paint(body)
    front = 30 - 17
    assert change[BELOW, front, 30] > 300
    assert change[BELOW, 30 + 16, 30] == 0
    assert change[BELOW, 30, 30] == 0


def test_a_disc_outside_the_grid_is_not_painted(body: Body) -> None:
    assert np.all(paint(replace(body, origin=np.array([30.0, 30.0, 200.0]))) == -100)
