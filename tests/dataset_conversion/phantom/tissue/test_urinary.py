"""Kidneys, ureters and the bladder."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.urinary import UrinarySettings
from dataset_conversion.phantom.tissue.chest import Diaphragm
from dataset_conversion.phantom.tissue.urinary import paint_urinary

PLAIN = UrinarySettings(
    cortex=(200.0, 200.0),
    medulla=(0.5, 0.5),
    fat=(-90.0, -90.0),
    pelvis=(0.7, 0.7),
    collecting=(900.0, 900.0),
    ureter_open=(1.0, 1.0),
    ureter_radius=(4.0, 4.0),
    size=(1.0, 1.0),
    stone_chance=0.0,
)


def paint(phantom: Phantom, **changes: object) -> np.ndarray:
    urinary = replace(PLAIN, **changes)  # type: ignore[arg-type]
    phantom = replace(phantom, settings=replace(phantom.settings, urinary=urinary))
    volume = np.zeros(phantom.grid.shape, np.float32)
    top = phantom.levels.z["T10"]
    paint_urinary(volume, np.random.default_rng(0), phantom, Diaphragm(top, top, phantom.levels.z["T12"]))
    return volume


def test_without_settings_nothing_is_painted(phantom: Phantom) -> None:
    volume = np.zeros(phantom.grid.shape, np.float32)
    paint_urinary(volume, np.random.default_rng(0), phantom, Diaphragm(0.0, 0.0, 0.0))
    assert not volume.any()


def test_kidneys_lie_on_both_sides_with_cortex_medulla_and_sinus(phantom: Phantom) -> None:
    volume = paint(phantom)
    middle = int(phantom.middle("L1")[0] / phantom.grid.spacing[2])
    for side in (volume[:, :, :middle], volume[:, :, middle:]):
        assert np.sum(side > 180) > 100
        assert np.sum((side > 90) & (side < 110)) > 50
        assert np.sum(side < -70) > 10


def test_urine_with_contrast_medium_runs_down_along_the_spine(phantom: Phantom) -> None:
    slices = phantom.grid.spacing[0]
    low = round(phantom.levels.z["L4"] / slices)
    columns = np.nonzero((paint(phantom)[low] > 300).any(axis=0))[0] * phantom.grid.spacing[2]
    beside = np.abs(columns - phantom.middle("L4")[0])
    assert len(columns) >= 2
    assert 15 < beside.min() < beside.max() < 60
    assert not np.any(paint(phantom, collecting=(10.0, 10.0))[low] > 300)


def test_ureters_can_be_shut(phantom: Phantom) -> None:
    low = round(phantom.levels.z["L4"] / phantom.grid.spacing[0])
    assert not np.any(paint(phantom, ureter_open=(0.0, 0.0))[low] > 300)


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_stones_are_dense(phantom: Phantom, chance: float) -> None:
    volume = paint(phantom, collecting=(10.0, 10.0), stone_chance=chance, stone=(1500.0, 1500.0))
    assert (volume.max() > 700) == bool(chance)
