"""Shape of bodies without a fracture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.anatomy.body_shape import normal_shape
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.phantom.settings.spine import ShapeSettings
from dataset_conversion.spine.anatomy import body_size

SEEDS = st.integers(0, 10_000)


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


def test_a_patients_size_scales_the_body() -> None:
    small, large = (
        normal_shape(np.random.default_rng(3), body_size("L2"), scale, ShapeSettings()) for scale in (0.9, 1.1)
    )
    assert large.half_width / small.half_width == pytest.approx(1.1 / 0.9)
    assert large.heights.posterior / small.heights.posterior == pytest.approx(1.1 / 0.9)
