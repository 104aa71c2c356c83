"""The course of the spine is found in the maps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.maps.quantisation import quantise
from vf_nnunet.screening.spine_course import course_through, spine_course

SHAPE = (120, 30, 60)


def vertebrae(course: np.ndarray, gaps: bool = True) -> np.ndarray:
    """Boxes of 20 x 20 x 15 voxels along a course, discs between them."""
    probability = np.zeros(SHAPE, np.float32)
    for z, x in enumerate(course):
        if not gaps or z % 26 < 20:
            probability[z, 5:25, round(x) - 7 : round(x) + 8] = 0.9
    return probability


@given(start=st.floats(12, 45), end=st.floats(12, 45))
def test_a_tilted_spine_is_followed_to_its_ends(start: float, end: float) -> None:
    course = np.linspace(start, end, SHAPE[0])
    found = spine_course([quantise(vertebrae(course))], (1.0, 1.0, 1.0))
    # Behind the last vertebra the spine is taken to go straight on.
    assert np.abs(found - course)[:98].max() < 1


def test_classes_add_up_and_spacing_counts() -> None:
    course = np.full(SHAPE[0], 21.0)
    half = quantise(vertebrae(course) / 2)
    np.testing.assert_allclose(spine_course([half, half], (2.0, 1.0, 1.0)), 21, atol=1e-6)


def test_a_course_through_vertebrae_counts_spacing_and_ends_straight() -> None:
    places = np.array([[30.0, 9, 25], [20, 8, 20], [10, 9, 15]])
    found = course_through(places, 40, (3.0, 1.0, 2.0))
    np.testing.assert_allclose(found, 15 + 0.5 * np.clip(np.arange(40) - 10, 0, 20))
    np.testing.assert_allclose(course_through(places[:1], 40, (3.0, 1.0, 2.0)), 25)


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_without_vertebrae_the_course_is_the_middle(noise: float) -> None:
    probability = np.full(SHAPE, noise, np.float32)
    probability[:, :, :10] = 0
    np.testing.assert_array_equal(spine_course([quantise(probability)], (1.0, 1.0, 1.0)), (SHAPE[2] - 1) / 2)


def test_a_single_slice_tells_no_direction() -> None:
    probability = np.zeros(SHAPE, np.float32)
    probability[40, :, 12:15] = 1
    np.testing.assert_allclose(spine_course([quantise(probability)], (1.0, 1.0, 1.0)), 13)
