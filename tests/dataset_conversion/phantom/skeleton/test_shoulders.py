"""Shoulders and sternum: where they lie, and when they are seen."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.shoulder_bones import ShoulderSettings, SternumSettings
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.skeleton.bones import Bone
from dataset_conversion.phantom.skeleton.flesh import paint_flesh
from dataset_conversion.phantom.skeleton.shoulders import Shoulders, draw_shoulders, paint_shoulders
from dataset_conversion.phantom.skeleton.sternum import paint_sternum, sternum_beams


def shoulders(body: Phantom, chance: float) -> Shoulders:
    found = draw_shoulders(np.random.default_rng(1), body, ShoulderSettings(lowered_chance=chance))
    assert found is not None
    return found


def head(found: Shoulders, side: int) -> np.ndarray:
    return found.sides[side].point(found.shoulder.humerus.parts[0].start)


def test_raised_arms_lift_the_heads_of_the_humeri(body: Phantom) -> None:
    raised, lowered = (shoulders(body, chance) for chance in (0.0, 1.0))
    for side in (0, 1):
        assert head(raised, side)[2] > head(lowered, side)[2] + 15
        assert abs(head(raised, side)[0] - body.torso.x) < abs(head(lowered, side)[0] - body.torso.x)


def test_fields_below_the_chest_do_not_show_them(body: Phantom) -> None:
    low = Grid(shape=(int(body.levels.z["L2"] / body.grid.spacing[0]), *body.grid.shape[1:]), spacing=body.grid.spacing)
    assert draw_shoulders(np.random.default_rng(1), replace(body, grid=low), ShoulderSettings()) is None


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_their_bones_lie_beside_the_spine(body: Phantom, volume: Array, bone: Bone, chance: float) -> None:
    paint_shoulders(volume, np.random.default_rng(2), body, shoulders(body, chance), bone)
    slices, rows, columns = np.nonzero(volume > 0)
    assert slices.min() * body.grid.spacing[0] > body.levels.z["T11"]
    beside = np.abs(columns * body.grid.spacing[2] - body.torso.x)
    assert np.percentile(beside, 95) > 90
    behind = rows * body.grid.spacing[1] > body.middle("T3")[1] - 30
    assert beside[behind].min() > 15


def test_flesh_covers_the_heads_of_the_humeri(body: Phantom, volume: Array) -> None:
    found = shoulders(body, 1.0)
    air = np.full_like(volume, -1000.0)
    paint_flesh(air, np.random.default_rng(2), body, found.sides, found.shoulder.flesh, found.fat)
    for side in (0, 1):
        place = np.rint(head(found, side)[::-1] / body.grid.spacing).astype(int)
        if np.all((place >= 0) & (place < body.grid.shape)):
            assert air[tuple(place)] > -130


def test_muscles_of_the_hips_stay_below_the_fat(body: Phantom, volume: Array) -> None:
    sides = shoulders(body, 0.0).sides
    paint_flesh(volume, np.random.default_rng(2), body, sides, shoulders(body, 0.0).shoulder.flesh, None)
    shallow = body.outline(body.grid.whole).below_fat < -3
    assert np.all(volume[shallow] == -90)
    assert volume.max() > 0


def test_the_sternum_is_two_bones_in_front_of_the_chest(body: Phantom, volume: Array, bone: Bone) -> None:
    manubrium, rest = sternum_beams(body, SternumSettings())
    assert manubrium[0].start[2] > manubrium[0].end[2] > rest[0].start[2] > rest[-1].end[2]
    paint_sternum(volume, np.random.default_rng(2), body, bone, SternumSettings())
    slices, rows, columns = np.nonzero(volume > 0)
    assert rows.max() * body.grid.spacing[1] < body.middle("T6")[1]
    assert np.ptp(columns) * body.grid.spacing[2] < 80
    assert 120 < np.ptp(slices) * body.grid.spacing[0] < 260
