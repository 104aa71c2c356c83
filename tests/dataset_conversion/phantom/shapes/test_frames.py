"""Local frames: orthonormal, right-handed, with the given angles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.shapes.frames import frame_from_angles

ANGLE = st.floats(-40, 40)


@given(ANGLE, ANGLE, ANGLE)
def test_frames_are_orthonormal_and_right_handed(sagittal: float, coronal: float, axial: float) -> None:
    frame = frame_from_angles(sagittal, coronal, axial)
    axes = np.array([frame.left, frame.posterior, frame.up])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(axes), 1.0)


def test_without_angles_the_frame_is_that_of_the_patient() -> None:
    frame = frame_from_angles(0, 0, 0)
    np.testing.assert_allclose([frame.left, frame.posterior, frame.up], np.eye(3), atol=1e-12)


@given(ANGLE)
def test_up_leans_backwards_by_the_sagittal_angle(sagittal: float) -> None:
    up = frame_from_angles(sagittal, 0, 0).up
    np.testing.assert_allclose(np.degrees(np.arctan2(up[1], up[2])), sagittal, atol=1e-6)


def test_up_leans_to_the_left_by_the_coronal_angle() -> None:
    up = frame_from_angles(0, 10, 0).up
    np.testing.assert_allclose(np.degrees(np.arctan2(up[0], up[2])), 10)


def test_local_points_are_summed_along_the_axes() -> None:
    frame = frame_from_angles(20, -10, 5)
    np.testing.assert_allclose(frame.to_world(1, 2, 3), frame.left + 2 * frame.posterior + 3 * frame.up)
