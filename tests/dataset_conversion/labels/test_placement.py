from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.images.volume import Volume
from dataset_conversion.labels.placement import EllipsoidSettings, place_ellipsoids
from dataset_conversion.spine.anatomy import body_size, expected_spacing
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import FRACTURE, IGNORE, NORMAL, LabelClasses
from dataset_conversion.spine.vertebra_table import Vertebra

SETTINGS = EllipsoidSettings(rounding=1e-12, prior_distances=0.0)
LUMBAR = ("L1", "L2", "L3", "L4", "L5")


def spine(grades: Sequence[int | None], scale: float = 1.0) -> list[Vertebra]:
    """A straight lumbar spine with the mean adult's distances."""
    depth = [0.0] + [expected_spacing("L1", level) for level in LUMBAR[1:]]
    return [
        Vertebra("a", "a", level, 0.0, 0.0, -scale * below, grade)
        for level, below, grade in zip(LUMBAR, depth, grades, strict=False)
    ]


def test_a_normal_vertebra_has_its_levels_size(volume: Volume) -> None:
    ellipsoid = place_ellipsoids(volume, spine([0, 0, 0]), SETTINGS)[1]
    size = body_size("L2")
    shares = np.array([SETTINGS.width_share, SETTINGS.depth_share, SETTINGS.height_share])
    np.testing.assert_allclose(ellipsoid.semi_axes, shares * [size.width, size.depth, size.height] / 2)
    np.testing.assert_allclose(np.abs(ellipsoid.axes), np.eye(3), atol=1e-12)


def test_a_larger_person_has_larger_ellipsoids(volume: Volume) -> None:
    mean = place_ellipsoids(volume, spine([0, 0, 0]), SETTINGS)[1]
    larger = place_ellipsoids(volume, spine([0, 0, 0], scale=1.1), SETTINGS)[1]
    np.testing.assert_allclose(larger.semi_axes, 1.1 * mean.semi_axes)


@pytest.mark.parametrize(("scale", "limit"), [(2.0, 1.25), (0.5, 0.75)])
def test_a_persons_scale_has_limits(volume: Volume, scale: float, limit: float) -> None:
    mean = place_ellipsoids(volume, spine([0, 0, 0]), SETTINGS)[1]
    found = place_ellipsoids(volume, spine([0, 0, 0], scale=scale), SETTINGS)[1]
    np.testing.assert_allclose(found.semi_axes[:2], limit * mean.semi_axes[:2])


def test_fractures_do_not_shrink_the_person(volume: Volume) -> None:
    upper, middle, fractured = spine([0, 0, 3])
    squeezed = [upper, middle, replace(fractured, z=fractured.z + 8.0)]
    first = place_ellipsoids(volume, squeezed, SETTINGS)[0]
    np.testing.assert_allclose(first.semi_axes, place_ellipsoids(volume, spine([0, 0]), SETTINGS)[0].semi_axes)


def test_higher_grades_are_flatter_and_wider(volume: Volume) -> None:
    axes = np.array([place_ellipsoids(volume, spine([0, grade, 0]), SETTINGS)[1].semi_axes for grade in range(4)])
    assert (np.diff(axes[:, 2]) < 0).all()
    assert (np.diff(axes[:, :2], axis=0) > 0).all()
    share = SETTINGS.fractured_height_share / SETTINGS.height_share
    np.testing.assert_allclose(axes[1:, 2] / axes[0, 2], share * np.array(SETTINGS.unknown_height_left[1:]))


def test_a_wedge_is_higher_in_its_middle_than_a_crushed_body(volume: Volume) -> None:
    def height(grade: int, shape: str | None) -> float:
        upper, middle, lower = spine([0, grade, 0])
        return float(place_ellipsoids(volume, [upper, replace(middle, shape=shape), lower], SETTINGS)[1].semi_axes[2])

    for grade in (1, 2, 3):
        assert height(grade, "wedge") > height(grade, "biconcave") == height(grade, "crush")
        assert height(grade, "crush") <= height(grade, None) < height(grade, "wedge")


def test_the_lowest_lumbar_body_is_higher_than_its_posterior_wall(volume: Volume) -> None:
    heights = [placed.semi_axes[2] for placed in place_ellipsoids(volume, spine([0] * 5), SETTINGS)]
    plain = replace(SETTINGS, lowest_lumbar_height=1.0)
    others = [placed.semi_axes[2] for placed in place_ellipsoids(volume, spine([0] * 5), plain)]
    assert heights[:4] == others[:4]
    assert heights[4] == pytest.approx(SETTINGS.lowest_lumbar_height * others[4])


@pytest.mark.parametrize(("count", "scale"), [(1, 1.0), (2, 1.05), (3, 1.0 + 0.1 * 2 / 3)])
def test_few_distances_are_drawn_towards_the_mean_adult(volume: Volume, count: int, scale: float) -> None:
    settings = replace(SETTINGS, prior_distances=1.0)
    mean = place_ellipsoids(volume, spine([0] * count), settings)[0]
    larger = place_ellipsoids(volume, spine([0] * count, scale=1.1), settings)[0]
    np.testing.assert_allclose(larger.semi_axes, scale * mean.semi_axes)


def test_labels_follow_grades(volume: Volume) -> None:
    def labels(fracture_grade: int) -> list[int]:
        placed = place_ellipsoids(
            volume, spine([None, 0, 1, 2, 3]), SETTINGS, LabelClasses.standard(fracture_grade=fracture_grade)
        )
        return [ellipsoid.label for ellipsoid in placed]

    assert labels(1) == [IGNORE, NORMAL, FRACTURE, FRACTURE, FRACTURE]
    assert labels(2) == [IGNORE, NORMAL, NORMAL, FRACTURE, FRACTURE]


def test_an_ungraded_vertebra_is_drawn_as_normal(volume: Volume) -> None:
    ungraded, normal = (place_ellipsoids(volume, spine([grade] * 3), SETTINGS)[1] for grade in (None, 0))
    np.testing.assert_array_equal(ungraded.semi_axes, normal.semi_axes)


def test_neighbours_stay_clear_of_each_other(volume: Volume) -> None:
    near = [replace(vertebra, z=vertebra.z * 0.3) for vertebra in spine([0] * 5)]
    placed = place_ellipsoids(volume, near, SETTINGS)
    for upper, lower, above, below in zip(placed, placed[1:], near, near[1:], strict=False):
        filled = upper.semi_axes[2] + lower.semi_axes[2]
        assert filled <= SETTINGS.neighbour_share * (above.z - below.z) + 1e-9


def test_axes_follow_a_tilted_spine(volume: Volume, case: Callable[..., list[Vertebra]]) -> None:
    tilted = [replace(vertebra, y=vertebra.y - vertebra.z * 0.5) for vertebra in spine([0, 0, 0])]
    for ellipsoid in place_ellipsoids(volume, tilted, SETTINGS):
        np.testing.assert_allclose(ellipsoid.axes @ ellipsoid.axes.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(ellipsoid.axes[2], np.array([0, 1, -2]) / np.sqrt(5), atol=1e-12)
        np.testing.assert_allclose(np.abs(ellipsoid.axes[0]), [1, 0, 0], atol=1e-12)
        assert ellipsoid.axes[1] @ [0, 1, 0] > 0


def test_the_centre_lies_in_front_of_the_centroid(volume: Volume) -> None:
    ellipsoid = place_ellipsoids(volume, spine([0, 0, 0]), SETTINGS)[0]
    np.testing.assert_allclose(ellipsoid.centre, [0, -SETTINGS.forward_shift * body_size("L1").depth, 0], atol=1e-9)


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_vertebrae_are_enough(volume: Volume, count: int) -> None:
    placed = place_ellipsoids(volume, spine([0] * count), SETTINGS)
    assert len(placed) == count
    np.testing.assert_allclose(placed[0].axes[2], [0, 0, -1], atol=1e-12)


def test_order_of_the_rows_does_not_matter(volume: Volume) -> None:
    rows = spine([0, 2, 0])
    for first, second in zip(
        place_ellipsoids(volume, rows, SETTINGS), place_ellipsoids(volume, rows[::-1], SETTINGS), strict=True
    ):
        np.testing.assert_array_equal(first.centre, second.centre)


def test_the_same_place_twice_is_refused(volume: Volume) -> None:
    upper, lower, *_ = spine([0, 0])
    with pytest.raises(InputError, match="distinct centroids"):
        place_ellipsoids(volume, [upper, replace(lower, z=upper.z)], SETTINGS)


def test_single_precision_makes_no_difference(volume: Volume, case: Callable[..., list[Vertebra]]) -> None:
    vertebrae = case("a", T12=None, L1=3)
    moved = replace(volume, affine=volume.affine.copy())
    moved.affine[:3, 3] += [1e-5, -1e-5, 1e-5]
    for first, second in zip(
        place_ellipsoids(volume, vertebrae, EllipsoidSettings()),
        place_ellipsoids(moved, vertebrae, EllipsoidSettings()),
        strict=True,
    ):
        np.testing.assert_array_equal(first.axes, second.axes)
        np.testing.assert_array_equal(first.semi_axes, second.semi_axes)
        np.testing.assert_allclose(volume.world_to_index(first.centre), moved.world_to_index(second.centre), atol=1e-12)


@given(st.tuples(*[st.decimals(-5, 5, places=3).map(float)] * 3))
def test_rounding_moves_a_centroid_by_less_than_a_tenth(offset: tuple[float, float, float]) -> None:
    grid = Volume(np.zeros((9, 9, 9), dtype=np.int16), np.diag([0.625, 0.5, 2.0, 1.0]))
    lone = [Vertebra("a", "a", "T5", *offset, 0)]
    exact, rounded = (place_ellipsoids(grid, lone, settings)[0] for settings in (SETTINGS, EllipsoidSettings()))
    assert np.abs(rounded.centre - exact.centre).max() <= 0.1


def test_the_atlas_has_no_ellipsoid(volume: Volume) -> None:
    """C1 is a ring without a body. It does not tilt the axis of C2 either."""
    upper, lower = (Vertebra("a", "a", level, 0.0, 0.0, z, 0) for level, z in (("C2", 40.0), ("C3", 22.0)))
    atlas = Vertebra("a", "a", "C1", 0.0, 15.0, 52.0, 1)
    alone, beside = (place_ellipsoids(volume, case, SETTINGS) for case in ([upper, lower], [atlas, upper, lower]))
    assert len(beside) == len(alone) == 2
    for first, second in zip(alone, beside, strict=True):
        np.testing.assert_array_equal(first.axes, second.axes)
        np.testing.assert_array_equal(first.semi_axes, second.semi_axes)
    assert place_ellipsoids(volume, [atlas], SETTINGS) == []
