import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.roc import has_both_classes, has_intervals, hull_corners, roc_curve, roc_hull


def test_curve_by_hand() -> None:
    curve = roc_curve(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert curve.false_positive_rate.tolist() == [0, 0, 0.5, 0.5, 1]
    assert curve.sensitivity.tolist() == [0, 0.5, 0.5, 1, 1]
    assert curve.probability_threshold.tolist() == [np.inf, 0.9, 0.8, 0.7, 0.1]
    assert curve.auc == 0.75


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), distinct=st.sampled_from([2, 5, 1000]))
def test_auc_equals_scikit_learn_and_the_share_of_ordered_pairs(seed: int, distinct: int) -> None:
    generator = np.random.default_rng(seed)
    fracture = np.append([True, False], generator.random(20) < 0.5)
    scores = generator.integers(0, distinct, 22) / distinct
    pairs = scores[fracture][:, None] - scores[~fracture][None, :]
    auc = roc_curve(fracture, scores).auc
    assert auc == pytest.approx(roc_auc_score(fracture, scores))
    assert auc == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))


def test_hull_by_hand_names_the_member_of_each_corner() -> None:
    fracture = np.array([True, True, False, False])
    strict = roc_curve(fracture, np.array([0.9, 0.2, 0.4, 0.3]))  # (0, .5), then both negatives
    lax = roc_curve(fracture, np.array([0.6, 0.5, 0.7, 0.1]))  # (.5, 0), then (.5, 1)
    hull = roc_hull([strict, lax], [1, 8])
    assert hull.false_positive_rate.tolist() == [0, 0, 0.5, 1]
    assert hull.sensitivity.tolist() == [0, 0.5, 1, 1]
    assert hull.noise_threshold.tolist() == [1, 1, 8, 1]
    assert hull.probability_threshold[1:3].tolist() == [0.9, 0.5]
    assert hull.auc == pytest.approx(0.875)


def test_in_a_tie_the_first_curve_is_named() -> None:
    curve = roc_curve(np.array([True, False]), np.array([0.9, 0.1]))
    assert set(roc_hull([curve, curve, curve], [1, 8, 27]).noise_threshold.tolist()) == {1}


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.sampled_from([3, 11, 1000]))
def test_hull_equals_scipy(seed: int, steps: int) -> None:
    points = np.random.default_rng(seed).integers(0, steps + 1, (30, 2)) / steps
    # The corner (1, 0) closes the region under the upper hull.
    points = np.vstack([points, [[0, 0], [1, 1]]])
    corners = points[hull_corners(points[:, 0], points[:, 1])]
    expected = ConvexHull(np.vstack([points, [[1, 0]]])).volume
    assert np.trapezoid(corners[:, 1], corners[:, 0]) == pytest.approx(expected)
    assert (np.diff(corners, axis=0) >= 0).all()
    assert (np.interp(points[:, 0], *corners.T) >= points[:, 1] - 1e-9).all()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_hull_is_at_least_as_good_as_each_member(seed: int) -> None:
    generator = np.random.default_rng(seed)
    fracture = np.append([True, False], generator.random(15) < 0.7)
    curves = [roc_curve(fracture, generator.random(17)) for _ in range(4)]
    assert roc_hull(curves, [1, 8, 27, 64]).auc >= max(curve.auc for curve in curves) - 1e-12


def test_both_classes() -> None:
    assert has_both_classes(np.array([True, False]))
    assert not has_both_classes(np.array([True, True]))
    assert not has_both_classes(np.array([False]))


def test_intervals_need_two_patients_of_each_class_that_occurs() -> None:
    fracture = np.array([True, True, False, False])
    assert has_intervals(fracture)
    assert not has_intervals(fracture[1:])
    assert has_intervals(fracture[:2])
    assert not has_intervals(fracture, np.array([0, 0, 1, 2]))
    assert not has_intervals(fracture, np.array([0, 1, 2, 2]))
    assert has_intervals(fracture, np.array([0, 1, 0, 1]))


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    distinct=st.sampled_from([1, 2, 5, 1000]),
    dtype=st.sampled_from([float, np.float32]),
)
def test_every_point_is_scikit_learns(seed: int, distinct: int, dtype: npt.DTypeLike) -> None:
    generator = np.random.default_rng(seed)
    fracture = generator.permutation(np.append([True, False], generator.random(20) < 0.5))
    scores: FloatArray = (generator.integers(0, distinct + 1, 22) / distinct).astype(dtype)
    curve = roc_curve(fracture, scores)
    expected = sklearn_roc_curve(fracture, scores, drop_intermediate=False)
    points = (curve.false_positive_rate, curve.sensitivity, curve.probability_threshold)
    for found, value in zip(points, expected, strict=True):
        np.testing.assert_array_equal(found, value)


def corners_of_all_points(x: FloatArray, y: FloatArray) -> list[int]:
    """Andrew's monotone chain over all distinct points."""
    points, first = np.unique(np.column_stack([x, y]), axis=0, return_index=True)
    found: list[int] = []
    for index in first.tolist():
        while len(found) >= 2:
            (left_x, left_y), (middle_x, middle_y) = ((x[corner], y[corner]) for corner in found[-2:])
            if (middle_x - left_x) * (y[index] - left_y) - (middle_y - left_y) * (x[index] - left_x) < -1e-12:
                break
            found.pop()
        found.append(index)
    assert len(points)
    return found


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), positives=st.sampled_from([1, 4, 79]), negatives=st.sampled_from([1, 3, 11]))
def test_corners_are_those_of_all_points(seed: int, positives: int, negatives: int) -> None:
    generator = np.random.default_rng(seed)
    x, y = (np.append(generator.integers(0, number + 1, 60) / number, [0, 1]) for number in (negatives, positives))
    shuffled = generator.permutation(62)
    assert hull_corners(x[shuffled], y[shuffled]).tolist() == corners_of_all_points(x[shuffled], y[shuffled])
