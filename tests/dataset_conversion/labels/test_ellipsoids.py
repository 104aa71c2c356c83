from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.images.volume import Volume, to_canonical
from dataset_conversion.labels.ellipsoids import EllipsoidSettings, draw_labels, draw_owners
from dataset_conversion.labels.placement import Ellipsoid, place_ellipsoids
from dataset_conversion.spine.labels import FRACTURE, IGNORE, NORMAL, LabelClasses
from dataset_conversion.spine.vertebra_table import Vertebra
from tests.dataset_conversion.spines import ORIENTATIONS, reoriented, spines, spines_on_grids

SHAPE = (20, 24, 28)
MakeCase = Callable[..., list[Vertebra]]
POINTS = st.tuples(st.floats(-5, 32), st.floats(-5, 28), st.floats(-5, 24))
SEMI_AXES = st.tuples(*[st.floats(1.0, 8.0)] * 3)
ANGLES = st.tuples(*[st.floats(-180, 180)] * 3)
ELLIPSOIDS = st.builds(
    lambda centre, angles, semi_axes, label: Ellipsoid(
        np.array(centre),
        Rotation.from_euler("xyz", angles, degrees=True).as_matrix(),
        np.array(semi_axes),
        label,
        label == FRACTURE,
    ),
    POINTS,
    ANGLES,
    SEMI_AXES,
    st.sampled_from([NORMAL, FRACTURE]),
)


def image(spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Volume:
    return Volume(np.zeros(SHAPE, dtype=np.int16), np.diag([*spacing[::-1], 1.0]))


def radius_everywhere(grid: Volume, ellipsoid: Ellipsoid) -> npt.NDArray[np.float64]:
    """Brute force: every voxel's distance from the centre in semi-axes, squared."""
    offsets = grid.index_to_world(np.argwhere(np.ones(SHAPE))) - ellipsoid.centre
    squares = ((offsets @ ellipsoid.axes.T) / ellipsoid.semi_axes) ** 2
    return np.asarray(squares.sum(axis=1).reshape(SHAPE), dtype=np.float64)


@given(st.lists(ELLIPSOIDS, min_size=1, max_size=4), st.sampled_from([(1.0, 1.0, 1.0), (2.5, 0.7, 0.9)]))
def test_each_voxel_belongs_to_the_nearest_ellipsoid(
    ellipsoids: list[Ellipsoid], spacing: tuple[float, float, float]
) -> None:
    grid = image(spacing)
    radii = np.array([radius_everywhere(grid, ellipsoid) for ellipsoid in ellipsoids])
    owners = draw_owners(grid, SHAPE, ellipsoids).astype(int)
    decided = np.abs(radii - 1).min(axis=0) > 1e-9
    owned, covered = np.asarray(owners > 0), np.asarray((radii <= 1).any(axis=0))
    np.testing.assert_array_equal(owned[decided], covered[decided])
    chosen = np.take_along_axis(radii, np.maximum(owners - 1, 0)[np.newaxis], axis=0)[0]
    np.testing.assert_allclose(chosen[owned], radii.min(axis=0)[owned], atol=1e-9)


@pytest.mark.parametrize("fracture_first", [True, False])
def test_a_fracture_wins_a_tie(fracture_first: bool) -> None:
    labels = [FRACTURE, NORMAL] if fracture_first else [NORMAL, FRACTURE]
    twins = [
        Ellipsoid(np.array([10.0, 10.0, 10.0]), np.eye(3), np.full(3, 4.0), label, label == FRACTURE)
        for label in labels
    ]
    owners = draw_owners(image(), SHAPE, twins)
    assert set(np.unique(owners)) == {0, labels.index(FRACTURE) + 1}


def test_a_ball_has_its_volume() -> None:
    ball = Ellipsoid(np.array([13.5, 11.5, 9.5]), np.eye(3), np.full(3, 9.0), NORMAL, False)
    assert np.count_nonzero(draw_owners(image(), SHAPE, [ball])) == pytest.approx(4 / 3 * np.pi * 9**3, rel=0.02)


def test_an_ellipsoid_outside_leaves_nothing() -> None:
    outside = Ellipsoid(np.array([200.0, 0.0, 0.0]), np.eye(3), np.full(3, 9.0), NORMAL, False)
    assert not draw_owners(image(), SHAPE, [outside]).any()


def test_labels_of_a_case(volume: Volume, case: MakeCase) -> None:
    vertebrae = case("a", L2=None)
    labels = draw_labels(volume, vertebrae, EllipsoidSettings())
    assert labels.dtype == np.uint8
    assert labels.shape == volume.array.shape
    indices = np.rint(volume.world_to_index([vertebra.centroid for vertebra in vertebrae])).astype(int)
    assert labels[tuple(indices.T)].tolist() == [1, 2, 3]
    counts = np.bincount(labels.ravel())
    assert counts[2] < 0.8 * counts[1]


def test_mild_fractures_can_count_as_normal(volume: Volume, case: MakeCase) -> None:
    mild = case("a", L1=1)
    for fracture_grade, expected in ((1, {0, 1, 2}), (2, {0, 1})):
        classes = LabelClasses.standard(fracture_grade=fracture_grade)
        assert set(np.unique(draw_labels(volume, mild, EllipsoidSettings(), classes))) == expected


@pytest.mark.parametrize("fracture_grade", [1, 2, 3])
def test_grades_have_labels_of_their_own_in_the_same_ellipsoids(
    volume: Volume, case: MakeCase, fracture_grade: int
) -> None:
    for grades, expected in (((0, 1, 2), {1, 2, 3}), ((3, None, 0), {4, 5, 1})):
        vertebrae = case("a", T12=grades[0], L1=grades[1], L2=grades[2])
        found = draw_labels(volume, vertebrae, EllipsoidSettings(), LabelClasses.standard("grades", fracture_grade))
        assert set(np.unique(found)) == {0, *expected}
        np.testing.assert_array_equal(found > 0, draw_labels(volume, vertebrae, EllipsoidSettings()) > 0)


def test_labels_are_cut_at_the_border(volume: Volume, case: MakeCase) -> None:
    shifted = [replace(vertebra, x=float(volume.affine[0, 3])) for vertebra in case("a")]
    labels = draw_labels(volume, shifted, EllipsoidSettings())
    assert labels[:, :, 0].any()
    assert not labels[:, :, -1].any()


@given(spines_on_grids(), st.sampled_from(ORIENTATIONS))
def test_stored_axes_make_no_difference(drawn: tuple[Volume, list[Vertebra]], orientation: np.ndarray) -> None:
    grid, vertebrae = drawn
    expected = draw_labels(grid, vertebrae, EllipsoidSettings())
    turned = to_canonical(reoriented(grid, orientation))
    np.testing.assert_array_equal(draw_labels(turned, vertebrae, EllipsoidSettings()), expected)


@given(spines_on_grids())
def test_each_ellipsoid_has_its_own_voxels_and_class(drawn: tuple[Volume, list[Vertebra]]) -> None:
    grid, vertebrae = drawn
    ellipsoids = place_ellipsoids(grid, vertebrae, EllipsoidSettings())
    owners = draw_owners(grid, grid.array.shape, ellipsoids)
    labels = draw_labels(grid, vertebrae, EllipsoidSettings())
    classes = {None: IGNORE, 0: NORMAL, 1: FRACTURE, 2: FRACTURE, 3: FRACTURE}
    for number, vertebra in enumerate(vertebrae, start=1):
        assert set(np.unique(labels[owners == number])) <= {classes[vertebra.grade]}
    np.testing.assert_array_equal(labels > 0, owners > 0)


@given(spines())
def test_ellipsoids_do_not_overlap(vertebrae: list[Vertebra]) -> None:
    ellipsoids = place_ellipsoids(image(), vertebrae, EllipsoidSettings())
    for upper, lower in pairwise(ellipsoids):
        steps = np.linspace(-1, 1, 41)
        ball = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
        points = upper.centre + (ball[(ball**2).sum(axis=1) <= 1] * upper.semi_axes) @ upper.axes
        radius = (((points - lower.centre) @ lower.axes.T / lower.semi_axes) ** 2).sum(axis=1)
        assert radius.min() > 1


def test_a_case_with_nothing_but_the_atlas_is_background() -> None:
    atlas = Vertebra("a", "a", "C1", 14.0, 12.0, 10.0, 0)
    assert not draw_labels(image(), [atlas], EllipsoidSettings()).any()
    assert draw_labels(image(), [replace(atlas, vertebra="C3")], EllipsoidSettings()).any()
