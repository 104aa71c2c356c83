"""Bodies of the sacrum."""

from collections.abc import Callable

import numpy as np

from dataset_conversion.phantom.anatomy.sacral_bodies import level_sacrum, sacral_spacings, with_sacrum
from dataset_conversion.phantom.settings.pelvic_bones import PelvicBoneSettings
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape

LEVELS = ("L4", "L5", "S1", "S2")
SETTINGS = PelvicBoneSettings()


def test_s1_is_a_wedge_of_the_described_size(rng: np.random.Generator, shape: Callable[..., BodyShape]) -> None:
    shapes = with_sacrum(rng, LEVELS, [shape()] * 4, 1.1, SETTINGS)
    assert shapes[:2] == [shape()] * 2
    assert shapes[2].half_width == 50.0 * 1.1 / 2
    assert shapes[2].heights.anterior > shapes[2].heights.posterior == 25.0 * 1.1
    assert shapes[3].half_width < shapes[2].half_width


def test_the_discs_at_the_sacrum_have_the_described_heights(
    rng: np.random.Generator, shape: Callable[..., BodyShape]
) -> None:
    shapes = with_sacrum(rng, LEVELS, [shape()] * 4, 1.0, SETTINGS)
    spacings = sacral_spacings(rng, LEVELS, shapes, np.array([34.0, 32.0, 28.0]), SETTINGS)
    discs = spacings[1:] - [(shapes[k].heights.rim + shapes[k + 1].heights.rim) / 2 for k in (1, 2)]
    assert spacings[0] == 34.0
    assert SETTINGS.lumbosacral_disc.low <= discs[0] <= SETTINGS.lumbosacral_disc.high
    assert np.isclose(discs[1], SETTINGS.remnant[1])


def test_the_sacrum_turns_less_than_l5() -> None:
    angles = level_sacrum(LEVELS, np.full((4, 3), 10.0), SETTINGS)
    np.testing.assert_allclose(angles[:2], 10.0)
    np.testing.assert_allclose(angles[2:], [[10.0, 3.5, 3.5]] * 2)
