"""Heights of normal and fractured bodies."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.anatomy.body_shape import fractured_shape, normal_shape
from dataset_conversion.phantom.anatomy.fractures import Fracture
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.settings.spine import FractureSettings, ShapeSettings
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from dataset_conversion.spine.anatomy import body_size

LOSS = st.floats(0.2, 0.6)
SEEDS = st.integers(0, 10_000)


def pair(seed: int, shape: str, loss: float) -> tuple[BodyShape, BodyShape]:
    """A body before and after a fracture."""
    rng = np.random.default_rng(seed)
    normal = normal_shape(rng, body_size("L1"), 1.0, ShapeSettings())
    return normal, fractured_shape(rng, normal, Fracture(1, shape, loss), FractureSettings())


@given(SEEDS)
def test_a_normal_body_of_a_small_crop_loses_less_than_a_fifth(seed: int) -> None:
    heights = normal_shape(np.random.default_rng(seed), body_size("T10"), 1.0, SPINE.shape).heights
    assert heights.anterior > 0.8 * heights.posterior
    assert heights.middle > 0.8 * heights.posterior
    assert heights.middle <= heights.rim + 1e-9


def test_normal_bodies_vary_as_readings_of_chest_ct_do() -> None:
    rng = np.random.default_rng(0)
    heights = [normal_shape(rng, body_size("T10"), 1.0, ShapeSettings()).heights for _ in range(600)]
    anterior = np.array([height.anterior / height.posterior for height in heights])
    middle = np.array([height.middle / height.posterior for height in heights])
    assert (anterior.mean(), anterior.std()) == pytest.approx((0.93, 0.08), abs=0.012)
    assert (middle.mean(), middle.std()) == pytest.approx((0.85, 0.06), abs=0.012)


@given(SEEDS)
def test_nodes_keep_off_the_mid_sagittal_plane_and_inside_the_body(seed: int) -> None:
    shape = normal_shape(np.random.default_rng(seed), body_size("T6"), 1.0, ShapeSettings(node_chance=1.0))
    assert shape.node is not None
    assert abs(shape.node.u) > shape.node.radius
    assert abs(shape.node.u) + shape.node.radius < 0.9 * shape.half_width


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


def test_a_patients_size_scales_the_body() -> None:
    small, large = (
        normal_shape(np.random.default_rng(3), body_size("L2"), scale, ShapeSettings()) for scale in (0.9, 1.1)
    )
    assert large.half_width / small.half_width == pytest.approx(1.1 / 0.9)
    assert large.heights.posterior / small.heights.posterior == pytest.approx(1.1 / 0.9)


@given(SEEDS, LOSS, st.sampled_from(["wedge", "biconcave"]))
def test_no_other_height_has_lost_more_than_the_one_that_grades(seed: int, loss: float, shape: str) -> None:
    heights = pair(seed, shape, loss)[1].heights
    assert 1 - min(heights.anterior, heights.middle) / heights.posterior == pytest.approx(loss)


def test_a_low_anterior_wall_is_no_second_fracture() -> None:
    rng = np.random.default_rng(0)
    normal = normal_shape(rng, body_size("L1"), 1.0, ShapeSettings(anterior_ratio=Normal(0.7, 0.0, 0.7, 0.7)))
    heights = fractured_shape(rng, normal, Fracture(1, "biconcave", 0.22), FractureSettings()).heights
    assert heights.anterior == pytest.approx(0.78 * heights.posterior)


def test_a_fracture_breaks_its_endplates_as_a_whole() -> None:
    rng = np.random.default_rng(0)
    normal = normal_shape(rng, body_size("L1"), 1.0, ShapeSettings(node_chance=1.0))
    assert fractured_shape(rng, normal, Fracture(2, "wedge", 0.3), FractureSettings()).node is None
