"""Fractures: loss of height by grade, and the shape that they leave."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.anatomy.body_shape import normal_shape
from dataset_conversion.phantom.anatomy.fractures import Fracture, draw_fracture, fractured_shape
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.settings.spine import FractureSettings, ShapeSettings
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from dataset_conversion.spine.anatomy import body_size

BANDS = {1: (0.20, 0.25), 2: (0.25, 0.40), 3: (0.40, 0.60)}
LOSS = st.floats(0.2, 0.6)
SEEDS = st.integers(0, 10_000)


def pair(seed: int, shape: str, loss: float) -> tuple[BodyShape, BodyShape]:
    """A body before and after a fracture."""
    rng = np.random.default_rng(seed)
    normal = normal_shape(rng, body_size("L1"), 1.0, ShapeSettings())
    return normal, fractured_shape(rng, normal, Fracture(1, shape, loss), FractureSettings())


@given(st.integers(0, 10_000), st.sampled_from([1, 2, 3]))
def test_losses_lie_inside_the_band_of_the_grade(seed: int, grade: int) -> None:
    fracture = draw_fracture(np.random.default_rng(seed), grade, FractureSettings())
    low, high = BANDS[grade]
    assert fracture.grade == grade
    assert low < fracture.loss < high


def test_shapes_are_drawn_with_their_chances() -> None:
    rng = np.random.default_rng(0)
    shapes = [draw_fracture(rng, 2, FractureSettings()).shape for _ in range(800)]
    for shape, chance in FractureSettings().shape_chance:
        assert shapes.count(shape) / 800 == pytest.approx(chance, abs=0.05)


@given(SEEDS, LOSS)
def test_a_wedge_loses_anterior_height_against_its_own_posterior(seed: int, loss: float) -> None:
    normal, wedge = pair(seed, "wedge", loss)
    assert wedge.heights.posterior == normal.heights.posterior
    assert 1 - wedge.heights.anterior / wedge.heights.posterior == pytest.approx(loss)
    assert wedge.heights.anterior <= wedge.heights.middle <= wedge.heights.posterior


@given(SEEDS, LOSS)
def test_a_biconcave_body_loses_middle_height_and_keeps_its_walls(seed: int, loss: float) -> None:
    normal, biconcave = pair(seed, "biconcave", loss)
    anterior = max(normal.heights.anterior, biconcave.heights.middle)
    assert biconcave.heights == replace(normal.heights, anterior=anterior, middle=biconcave.heights.middle)
    assert 1 - biconcave.heights.middle / biconcave.heights.posterior == pytest.approx(loss)


@given(SEEDS, LOSS)
def test_a_crush_loses_the_same_share_everywhere(seed: int, loss: float) -> None:
    normal, crush = pair(seed, "crush", loss)
    for name in ("anterior", "middle", "posterior"):
        assert 1 - getattr(crush.heights, name) / getattr(normal.heights, name) == pytest.approx(loss)


@given(SEEDS, LOSS, st.sampled_from(["wedge", "biconcave", "crush"]))
def test_a_fractured_body_bulges(seed: int, loss: float, shape: str) -> None:
    normal, fractured = pair(seed, shape, loss)
    growth = fractured.half_width / normal.half_width
    assert growth == pytest.approx(1 + 0.3 * loss)
    assert fractured.half_depth / normal.half_depth == pytest.approx(growth)


def test_only_wedges_have_steps() -> None:
    assert any(pair(seed, "wedge", 0.3)[1].step.share > 0 for seed in range(10))
    assert all(pair(seed, "crush", 0.3)[1].step.share == 0 for seed in range(10))


@given(SEEDS, LOSS, st.sampled_from(["wedge", "biconcave"]))
def test_no_other_height_loses_more_than_the_graded_one(seed: int, loss: float, shape: str) -> None:
    heights = pair(seed, shape, loss)[1].heights
    assert 1 - min(heights.anterior, heights.middle) / heights.posterior == pytest.approx(loss)


def test_a_low_anterior_wall_is_no_second_fracture() -> None:
    rng = np.random.default_rng(0)
    normal = normal_shape(rng, body_size("L1"), 1.0, ShapeSettings(anterior_ratio=Normal(0.7, 0.0, 0.7, 0.7)))
    heights = fractured_shape(rng, normal, Fracture(1, "biconcave", 0.22), FractureSettings()).heights
    assert heights.anterior == pytest.approx(0.78 * heights.posterior)


def test_a_fracture_removes_a_schmorls_node() -> None:
    rng = np.random.default_rng(0)
    normal = normal_shape(rng, body_size("L1"), 1.0, ShapeSettings(node_chance=1.0))
    assert fractured_shape(rng, normal, Fracture(2, "wedge", 0.3), FractureSettings()).node is None
