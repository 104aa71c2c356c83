"""Discs of a varied cohort: which are degenerate, and what that does."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.anatomy.discs import Disc, beside_discs, draw_discs, narrowed
from dataset_conversion.phantom.settings.discs import DiscSettings
from dataset_conversion.phantom.settings.levels import levels_between
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, Step, endplates, wall_depth
from dataset_conversion.spine.heights import Heights

LEVELS = levels_between("T1", "S2")
PLAIN = Disc(nucleus=70.0, annulus=20.0, annulus_width=6.0, bulge=1.0, texture_sd=0.0)
ALL = replace(
    DiscSettings(),
    degenerate_share=(1.0, 1.0),
    degenerate_levels=(("T1", 1.0),),
    narrowed_chance=1.0,
    gas_chance=1.0,
    sclerosis_chance=1.0,
    bridge_chance=1.0,
)


def test_discs_of_a_patient_are_alike_and_those_of_patients_differ() -> None:
    rng = np.random.default_rng(0)
    patients = [[disc.nucleus for disc in draw_discs(rng, LEVELS, DiscSettings())] for _ in range(60)]
    means = [np.mean(patient) for patient in patients]
    assert 25 < min(means) < 70
    assert 100 < max(means) < 160
    assert np.std(means) > np.mean([np.std(patient) for patient in patients]) * 0.9


def test_a_degenerate_disc_has_what_degeneration_does_and_the_sacrum_has_none() -> None:
    discs = dict(zip(LEVELS, draw_discs(np.random.default_rng(1), LEVELS, ALL), strict=True))
    for level, disc in discs.items():
        assert (disc.narrowed is not None) == (not level.startswith("S"))
        if disc.narrowed is not None:
            assert 1 <= disc.narrowed <= 4
            assert disc.inclusions[-1].density < -99
            assert all(disc.sclerosis)
            assert disc.bridge is not None


def test_lower_lumbar_discs_degenerate_most() -> None:
    rng = np.random.default_rng(2)
    drawn = np.array([[disc.lips[0] > 0 for disc in draw_discs(rng, LEVELS, DiscSettings())] for _ in range(400)])
    shares = dict(zip(LEVELS, drawn.mean(axis=0), strict=True))
    assert shares["L5"] > shares["L1"] > shares["T1"] > 0.05
    assert shares["L5"] == pytest.approx(0.375, abs=0.08)  # the mean of `degenerate_share`


@given(st.lists(st.floats(0, 30), min_size=2, max_size=6), st.floats(1, 4), st.integers(0, 99))
def test_narrowing_never_thickens_a_disc(leans: list[float], least: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    spaces = rng.uniform(1.8, 14, size=len(leans) - 1).tolist()
    shapes = [_shape()] * len(leans)
    thin = narrowed(spaces, [replace(PLAIN, narrowed=least)] * len(spaces), shapes, leans, 0.5)
    assert all(after <= before for after, before in zip(thin, spaces, strict=True))
    assert narrowed(spaces, [PLAIN] * len(spaces), shapes, leans, 0.5) == spaces


def test_tilted_bodies_keep_a_gap_between_their_rims() -> None:
    disc = replace(PLAIN, narrowed=1.0)
    upright, tilted = (narrowed([9.0], [disc], [_shape()] * 2, [0.0, lean], 0.5)[0] for lean in (0.0, 20.0))
    assert upright == 1.0
    assert tilted == pytest.approx(0.5 * 15 * np.tan(np.radians(20)))


def test_lips_and_pits_are_beside_their_disc(shape: Callable[..., BodyShape]) -> None:
    disc = replace(PLAIN, lips=(5.0, 3.0), pits=(True, True))
    above, below = beside_discs(np.random.default_rng(0), [shape(), shape()], [disc, PLAIN])
    assert (above.lower_lip, above.upper_lip) == (5.0, 0.0)
    assert (below.lower_lip, below.upper_lip) == (0.0, 3.0)
    assert [pit.upper for pit in above.pits] == [False]
    assert [pit.upper for pit in below.pits] == [True]


def test_pits_keep_off_the_midline_where_heights_are_measured(shape: Callable[..., BodyShape]) -> None:
    disc = replace(PLAIN, pits=(True, True))
    place = np.zeros(1, np.float32)
    for seed in range(40):
        for changed in beside_discs(np.random.default_rng(seed), [shape(), shape()], [disc, disc]):
            lower, upper = endplates(changed, place, place)
            assert float((upper - lower)[0]) == pytest.approx(21.0, abs=0.05)


def test_a_lip_reaches_out_at_its_own_endplate_only(shape: Callable[..., BodyShape]) -> None:
    lipped = shape(lower_lip=4.0)
    front = np.full(2, -17.0, np.float32)
    heights = np.array([-12.4, 12.4], np.float32)
    change = wall_depth(lipped, np.zeros(2, np.float32), front, heights) - wall_depth(
        shape(), np.zeros(2, np.float32), front, heights
    )
    assert change[0] > 3
    assert change[1] == 0


def _shape() -> BodyShape:
    return BodyShape(20.0, 15.0, Heights(24.0, 21.0, 25.0), Step(), 0.5, 0.1, 2.3, 1.0, 0.0, 2.0)
