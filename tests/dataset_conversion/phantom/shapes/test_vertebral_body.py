"""Shape of a body: its heights, a closed surface, exact distances."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.vertebral_body import (
    MEASURING_POSITION,
    BodyShape,
    Node,
    Step,
    endplates,
    rim_height,
    smooth_minimum,
    wall_depth,
)
from dataset_conversion.spine.heights import Heights
from tests.dataset_conversion.phantom.depth import body_depth


def floats(*values: float) -> Array:
    return np.array(values, dtype=np.float32)


def nodes() -> st.SearchStrategy[Node]:
    """Nodes off the midline of bodies that are at least 13 mm wide."""
    return st.builds(Node, st.floats(4.5, 6), st.floats(-4, 4), st.floats(2, 4), st.floats(2, 4), st.booleans())


@st.composite
def shapes(draw: st.DrawFn) -> BodyShape:
    posterior = draw(st.floats(15, 32))
    anterior = posterior * draw(st.floats(0.45, 1.1))
    step = Step(draw(st.floats(0, 0.7)), draw(st.floats(-0.35, 0.2)), 0.15)
    return BodyShape(
        half_width=draw(st.floats(13, 28)),
        half_depth=draw(st.floats(12, 20)),
        heights=Heights(anterior, min(anterior, posterior) * draw(st.floats(0.6, 0.95)), posterior),
        step=step,
        upper_share=draw(st.floats(0.4, 0.9)),
        waist=draw(st.floats(0.0, 0.12)),
        roundness=draw(st.floats(2.0, 2.6)),
        posterior_notch=draw(st.floats(0.0, 2.0)),
        osteophyte=draw(st.floats(0.0, 5.0)),
        edge_radius=2.0,
        node=draw(st.none() | nodes()),
    )


@given(shapes())
def test_endplates_are_apart_by_the_three_heights(shape: BodyShape) -> None:
    edge = MEASURING_POSITION * shape.half_depth
    lower, upper = endplates(shape, floats(0, 0, 0), floats(-edge, 0, edge))
    expected = [shape.heights.anterior, shape.heights.middle, shape.heights.posterior]
    np.testing.assert_allclose(upper - lower, expected, atol=1e-3)


@given(shapes())
def test_the_middle_lies_midway_between_the_endplates_and_inside(shape: BodyShape) -> None:
    centre = floats(0)
    lower, upper = endplates(shape, centre, centre)
    assert shape.middle_offset == pytest.approx((lower[0] + upper[0]) / 2, abs=1e-4)
    assert body_depth(shape, centre, centre, floats(shape.middle_offset))[0] > 2


@settings(max_examples=40)
@given(shapes())
def test_a_body_is_closed_and_in_one_piece_along_every_ray_from_its_middle(shape: BodyShape) -> None:
    away = np.linspace(0, 60, 241, dtype=np.float32)
    for direction in np.random.default_rng(0).normal(size=(12, 3)):
        u, v, w = np.outer(direction / np.linalg.norm(direction), away).astype(np.float32)
        inside = body_depth(shape, u, v, w + np.float32(shape.middle_offset)) > 0
        assert inside[0]
        assert not inside[-1]
        # A ray that grazes a deep hollow may leave the body and enter its rim again.
        shallow = shape.heights.middle > 0.8 * min(shape.heights.anterior, shape.heights.posterior)
        if shallow and shape.step.share == 0 and shape.osteophyte == 0 and shape.node is None:
            assert np.count_nonzero(np.diff(inside)) == 1


@given(shapes())
def test_a_body_without_a_node_is_symmetric(shape: BodyShape) -> None:
    shape = replace(shape, node=None)
    points = np.random.default_rng(1).uniform(-25, 25, (3, 50)).astype(np.float32)
    mirrored = points * floats(-1, 1, 1)[:, None]
    np.testing.assert_allclose(body_depth(shape, *points), body_depth(shape, *mirrored), atol=1e-4)


def test_the_walls_lie_at_half_width_and_half_depth(shape: Callable[..., BodyShape]) -> None:
    body = shape(posterior_notch=0.0)
    rim = body.heights.posterior / 2
    walls = wall_depth(body, floats(20, -20, 0, 0), floats(0, 0, 15, -15), floats(rim, -rim, rim, rim))
    np.testing.assert_allclose(walls, 0, atol=1e-3)


def test_distance_to_the_wall_at_the_axis_is_the_shorter_radius(shape: Callable[..., BodyShape]) -> None:
    depth = wall_depth(shape(posterior_notch=0.0), floats(0), floats(0), floats(12.5))
    assert 15 - 0.01 <= depth[0] <= 20


def test_the_waist_is_narrower_than_the_rim(shape: Callable[..., BodyShape]) -> None:
    half_way, at_rim = wall_depth(shape(waist=0.1), floats(18, 18), floats(0, 0), floats(0, 12.5))
    assert half_way == pytest.approx(0.0, abs=1e-3)
    assert at_rim == pytest.approx(2.0, abs=1e-3)


def test_the_notch_hollows_only_the_middle_of_the_posterior_wall(shape: Callable[..., BodyShape]) -> None:
    plain, notched = shape(posterior_notch=0.0), shape(posterior_notch=2.0)
    places = (floats(0, 0), floats(15, -15), floats(12.5, 12.5))
    moved = wall_depth(plain, *places) - wall_depth(notched, *places)
    np.testing.assert_allclose(moved, [2.0, 0.0], atol=0.05)


def test_an_osteophyte_stands_out_in_front_at_the_endplates_only(shape: Callable[..., BodyShape]) -> None:
    places = (floats(0, 0, 0), floats(-15, -15, 15), floats(12.5, 0, 12.5))
    grown = wall_depth(shape(osteophyte=4.0), *places) - wall_depth(shape(), *places)
    np.testing.assert_allclose(grown, [4.0, 0.0, 0.0], atol=1e-3)


def test_a_step_breaks_the_upper_rim_and_spares_the_lower(shape: Callable[..., BodyShape]) -> None:
    body = shape(heights=Heights(15.0, 17.0, 25.0), step=Step(share=0.6, position=0.0, width=0.15))
    before, behind = floats(-0.1 * 15), floats(0.1 * 15)
    edge = floats(18.0)  # off the hollow
    (lower_before, upper_before), (lower_behind, upper_behind) = (endplates(body, edge, v) for v in (before, behind))
    assert upper_behind[0] - upper_before[0] > 0.6 * 10
    assert abs(lower_behind[0] - lower_before[0]) < 0.5


def test_the_rim_is_even_without_a_step(shape: Callable[..., BodyShape]) -> None:
    edge = np.float32(MEASURING_POSITION * 15)
    heights = rim_height(shape(heights=Heights(20.0, 18.0, 25.0)), np.linspace(-1, 1, 5, dtype=np.float32) * edge)
    np.testing.assert_allclose(heights, [20.0, 21.25, 22.5, 23.75, 25.0], atol=1e-4)


@given(st.floats(-20, 20), st.floats(-20, 20), st.floats(0.5, 4))
def test_the_smooth_minimum_is_lower_near_the_edge_only(first: float, second: float, radius: float) -> None:
    smooth = float(smooth_minimum(floats(first), floats(second), radius)[0])
    lowest = min(first, second)
    assert lowest - radius / 4 - 1e-4 <= smooth <= lowest + 1e-4
    if abs(first - second) >= radius:
        assert smooth == pytest.approx(lowest, abs=1e-4)


@pytest.mark.parametrize("upper", [True, False])
def test_a_node_is_a_pit_in_one_endplate(shape: Callable[..., BodyShape], upper: bool) -> None:
    body = shape(node=Node(u=9.0, v=2.0, radius=4.0, depth=5.0, upper=upper))
    places = (floats(9, 0, 9), floats(2, 0, 8))
    plates, plain = endplates(body, *places), endplates(shape(), *places)
    changed, kept = (1, 0) if upper else (0, 1)
    np.testing.assert_allclose(np.abs(plates[changed] - plain[changed]), [5, 0, 0], atol=1e-4)
    np.testing.assert_array_equal(plates[kept], plain[kept])
    assert plates[1][0] - plates[0][0] == pytest.approx(plain[1][0] - plain[0][0] - 5, abs=1e-4)
