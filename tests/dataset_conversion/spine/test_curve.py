import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.spine.curve import curve_at_heights, curve_tangents
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray

DOWN = np.array([0.0, 0.0, -1.0])
ARC = np.deg2rad(np.arange(0, 50, 10))
CIRCLE = 150.0 * np.stack([np.zeros(5), np.cos(ARC), -np.sin(ARC)], axis=1)
CIRCLE_TANGENTS = np.stack([np.zeros(5), -np.sin(ARC), -np.cos(ARC)], axis=1)


def degrees_between(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.asarray(np.rad2deg(np.arccos(np.clip((first * second).sum(axis=1), -1, 1))))


def test_a_straight_spine_points_along_itself() -> None:
    centroids = np.arange(4)[:, np.newaxis] * np.array([3.0, 0.0, -4.0])
    np.testing.assert_allclose(curve_tangents(centroids, DOWN), [[0.6, 0.0, -0.8]] * 4, atol=1e-12)


def test_an_arc_has_the_tangents_of_its_circle() -> None:
    errors = degrees_between(curve_tangents(CIRCLE, DOWN), CIRCLE_TANGENTS)
    assert errors[1:-1].max() < 1
    assert errors.max() < 3


def test_two_centroids_point_to_each_other_and_one_down() -> None:
    pair = curve_tangents(np.array([[0.0, 0.0, 0.0], [0.0, 5.0, 0.0]]), DOWN)
    np.testing.assert_array_equal(pair, [[0.0, 1.0, 0.0]] * 2)
    np.testing.assert_array_equal(curve_tangents(np.array([[1.0, 2.0, 3.0]]), DOWN), [DOWN])


@given(st.tuples(*[st.floats(-180, 180)] * 3), st.tuples(*[st.floats(-500, 500)] * 3))
def test_tangents_turn_with_the_spine(angles: tuple[float, ...], shift: tuple[float, ...]) -> None:
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    moved = curve_tangents(CIRCLE @ turn.T + shift, DOWN)
    np.testing.assert_allclose(moved, curve_tangents(CIRCLE, DOWN) @ turn.T, atol=1e-8)


def test_the_same_place_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"two vertebrae at LPS \[1.0, 2.0, 3.0\] mm"):
        curve_tangents(np.array([[0.0, 0.0, 9.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]), DOWN)


@given(st.permutations(range(5)))
def test_the_curve_passes_through_the_centroids_in_any_order(order: list[int]) -> None:
    found = curve_at_heights(CIRCLE[order], CIRCLE[:, 2])
    np.testing.assert_allclose(found, CIRCLE[:, :2], atol=1e-9)


def test_the_curve_is_straight_beyond_its_ends() -> None:
    slanted = np.arange(4)[:, np.newaxis] * np.array([3.0, 1.0, -4.0])
    np.testing.assert_allclose(curve_at_heights(slanted, np.array([40.0, -40.0])), [[-30, -10], [30, 10]], atol=1e-9)


def test_one_or_two_centroids_are_a_curve() -> None:
    heights = np.array([9.0, 0.0])
    np.testing.assert_array_equal(curve_at_heights(np.array([[1.0, 2.0, 3.0]]), heights), [[1.0, 2.0]] * 2)
    pair = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    np.testing.assert_allclose(curve_at_heights(pair, heights), [[3.0, 6.0], [0.0, 0.0]], atol=1e-12)
