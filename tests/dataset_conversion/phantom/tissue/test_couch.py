"""The couch."""

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.tissue.couch import paint_couch


def test_the_couch_is_a_mattress_on_a_hollow_shell(phantom: Phantom) -> None:
    volume = np.full(phantom.grid.shape, -1000, np.float32)
    paint_couch(volume, phantom, phantom.grid.whole, 15.0)
    x = round(phantom.torso.x / phantom.grid.spacing[2])
    places = np.arange(volume.shape[1]) * phantom.grid.spacing[1] - phantom.torso.back
    column = volume[10, :, x]
    assert np.all(column[places < -4] == -1000)
    np.testing.assert_allclose(column[(places > 3) & (places < 12)], -955)
    shell = places[column > -800]
    assert shell.size > 0
    assert 10 < shell.min() < 20
    assert np.all(volume == volume[:1]), "it is the same in every slice"


def test_a_field_that_ends_before_the_back_shows_no_couch(phantom: Phantom) -> None:
    volume = np.full(phantom.grid.shape, -1000, np.float32)
    z, _y, x = phantom.grid.whole
    before = (z, slice(0, int((phantom.torso.back - 20) / phantom.grid.spacing[1])), x)
    paint_couch(volume, phantom, before, 15.0)
    assert np.all(volume == -1000)
