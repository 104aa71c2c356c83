"""Bowel loops and colon."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.tissue.bowel import paint_bowel
from dataset_conversion.phantom.tissue.chest import draw_diaphragm


@pytest.fixture(scope="module")
def painted(phantom: Phantom) -> np.ndarray:
    """Bowel in a body of fat."""
    volume = np.full(phantom.grid.shape, -90, np.float32)
    rng = np.random.default_rng(2)
    paint_bowel(volume, rng, phantom, draw_diaphragm(rng, phantom))
    return volume


def test_bowel_holds_fluid_and_gas(painted: np.ndarray) -> None:
    assert painted.min() < -900
    assert 20 < painted.max() <= 60
    fluid, gas = (painted > -20).mean(), (painted < -500).mean()
    assert fluid > 0.02
    assert 0.001 < gas < fluid


def test_bowel_lies_in_the_abdomen_and_off_the_spine(painted: np.ndarray, phantom: Phantom) -> None:
    box, bowel = phantom.grid.whole, np.abs(painted + 90) > 40
    assert phantom.off_column(box)[bowel].min() > 0
    assert phantom.outline(box).below_wall[bowel].min() > 0
    z = np.broadcast_to(phantom.grid.points(box)[2], bowel.shape)
    assert z[bowel].max() < phantom.levels.z["T9"]


def test_gas_rises_to_the_front(phantom: Phantom) -> None:
    """Through unmixed bowel, gas lies in front of fluid more often than behind it; not always, as loops overlap."""
    organs = replace(phantom.settings.organs, stool_gas=99.0)
    phantom = replace(phantom, settings=replace(phantom.settings, organs=organs))
    volume = np.full(phantom.grid.shape, -90, np.float32)
    rng = np.random.default_rng(2)
    paint_bowel(volume, rng, phantom, draw_diaphragm(rng, phantom))
    front, behind = volume[:, :-2], volume[:, 2:]
    before = np.count_nonzero((front < -800) & (behind > 0))
    after = np.count_nonzero((front > 0) & (behind < -800))
    assert before > 1.5 * after
