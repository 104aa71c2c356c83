"""Curves that are drawn from the steps of real spines."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy import measured_steps
from dataset_conversion.phantom.anatomy.measured_steps import STEP_LEVELS, TABLE_FILE, Curve, draw_curve, read_steps
from dataset_conversion.phantom.settings.levels import levels_between
from dataset_conversion.phantom.settings.spine import MeasuredCurveSettings, SpineSettings
from dataset_conversion.spine.anatomy import expected_spacing

WHOLE = levels_between("C6", "S2")
STRAIGHT = MeasuredCurveSettings(scoliosis_chance=0.0)
SCOLIOTIC = MeasuredCurveSettings(scoliosis_chance=1.0, cobb_angle=(40.0, 40.0), scoliotic_levels=(7.0, 7.0))


def curves(measured: MeasuredCurveSettings, count: int = 300, levels: tuple[str, ...] = WHOLE) -> list[Curve]:
    settings = SpineSettings(measured=measured)
    drawn = [draw_curve(np.random.default_rng(seed), levels, settings) for seed in range(count)]
    return [curve for curve in drawn if curve is not None]


def test_the_file_names_source_licence_and_size() -> None:
    text = Path(measured_steps.__file__).with_name(TABLE_FILE).read_text(encoding="utf-8")
    content = json.loads(text)
    assert "VID" in content["source"]
    assert content["licence"] == "CC BY-SA 4.0"
    assert content["n"]["scans"] == sum(content["n"]["scans_by_source"].values())
    assert content["levels"] == list(STEP_LEVELS)
    assert not re.search(r"/(home|work|tmp)/", text)


def test_covariances_are_those_of_a_distribution() -> None:
    table = read_steps()
    for matrix in (table.covariance, table.lateral):
        assert np.array_equal(matrix, matrix.T)
        assert np.linalg.eigvalsh(matrix).min() > 0


def test_without_measured_steps_there_is_no_curve(rng: np.random.Generator) -> None:
    assert draw_curve(rng, WHOLE, SpineSettings()) is None


@pytest.mark.parametrize(("first", "last"), [("C6", "S2"), ("T1", "L2"), ("T11", "S1"), ("L3", "S2"), ("L5", "S2")])
def test_each_level_has_angles_and_each_gap_a_spacing(first: str, last: str) -> None:
    levels = levels_between(first, last)
    for curve in curves(STRAIGHT, 20, levels):
        assert curve.angles.shape == (len(levels), 3)
        assert curve.spacing.shape == (len(levels) - 1,)
        assert curve.spacing.min() > 8


def test_spacings_are_those_of_patients() -> None:
    spacings = np.array([curve.spacing for curve in curves(STRAIGHT)])
    expected = [expected_spacing(*pair) for pair in pairwise(WHOLE)]
    np.testing.assert_allclose(np.median(spacings, axis=0), expected, rtol=0.12)


def test_tilts_drawn_have_the_mean_and_the_spread_of_the_table() -> None:
    table, steps = read_steps(), len(STEP_LEVELS) - 1
    angles = np.array([curve.angles for curve in curves(STRAIGHT, 2000)])
    place = STEP_LEVELS.index("T8")
    around = table.mean[steps + place - 1 : steps + place + 1]
    assert np.mean(angles[:, WHOLE.index("T8"), 0]) == pytest.approx(-np.degrees(around.mean()), abs=0.8)
    sides = slice(steps + place - 1, steps + place + 1)
    spread = np.degrees(np.sqrt(table.covariance[sides, sides].mean()))
    assert np.std(angles[:, WHOLE.index("T8"), 0]) == pytest.approx(spread, rel=0.15)
    assert np.mean(angles[:, :, 1]) == pytest.approx(0, abs=0.6)


def test_the_lowest_degrees_of_freedom_bend_most() -> None:
    def largest(freedom: float) -> float:
        drawn = curves(replace(STRAIGHT, degrees_of_freedom=freedom), 600)
        return float(np.percentile([np.abs(curve.angles[:, 1]).max() for curve in drawn], 99))

    assert largest(3.0) > 1.1 * largest(200.0)


def test_a_scoliosis_bends_by_its_cobb_angle_and_turns_the_bodies() -> None:
    plain, bent = (
        np.array([curve.angles for curve in curves(measured, 200, levels_between("T1", "L4"))])
        for measured in (STRAIGHT, SCOLIOTIC)
    )
    ranges = [np.ptp(angles[:, :, 1], axis=1) for angles in (plain, bent)]
    assert np.median(ranges[1]) > np.median(ranges[0]) + 10
    assert np.all(plain[:, :, 2] == 0)
    assert np.abs(bent[:, :, 2]).max() == pytest.approx(12, abs=0.5)


def test_no_body_leans_more_than_the_limit() -> None:
    limited = replace(SCOLIOTIC, steepest=15.0)
    assert max(np.abs(curve.angles[:-2, :2]).max() for curve in curves(limited)) <= 15


def test_the_sacrum_leans_forward_more_than_l5() -> None:
    for curve in curves(STRAIGHT, 20):
        lean = dict(zip(WHOLE, curve.angles[:, 0], strict=True))
        assert lean["S1"] < lean["L5"] - 1
