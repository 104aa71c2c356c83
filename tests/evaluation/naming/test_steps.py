import numpy as np
import pytest

from evaluation.naming.steps import Steps


def test_angles_and_distances() -> None:
    steps = Steps.of(np.array([[0.0, 0, 0], [0, 0, -20], [0, 10, -30], [5, 10, -30 - 5 * np.sqrt(3)]]))
    assert np.exp(steps.log_spacing) == pytest.approx([20, np.sqrt(200), 10])
    assert np.degrees(steps.tilt) == pytest.approx([0, 45, 0])
    assert np.degrees(steps.lateral) == pytest.approx([0, 0, 30])


def test_volume_element_is_that_of_the_coordinates() -> None:
    """The determinant of the derivative of the centre by log spacing, tilt and lateral angle."""

    def centre(log_spacing: float, tilt: float, lateral: float) -> np.ndarray:
        in_plane = np.exp(log_spacing) * np.cos(lateral)
        depth, height = in_plane * np.sin(tilt), -in_plane * np.cos(tilt)
        return np.array([np.exp(log_spacing) * np.sin(lateral), depth, height])

    place, small = np.array([3.2, 0.3, -0.2]), 1e-5
    columns = [(centre(*(place + step)) - centre(*(place - step))) / (2 * small) for step in small * np.eye(3)]
    steps = Steps.of(np.stack([np.zeros(3), centre(*place)]))
    assert (steps.log_spacing[0], steps.tilt[0], steps.lateral[0]) == pytest.approx(tuple(place))
    assert np.exp(steps.log_volume) == pytest.approx(abs(np.linalg.det(np.stack(columns))), rel=1e-6)
