from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.images.header_checks import ROUNDING_TOLERANCE, SHEAR_TOLERANCE, checked_header
from dataset_conversion.spine.errors import InputError

PATH = Path("a.nrrd")
SHAPE = (50, 40, 30)


def affine_of(seed: int, shear: float = 0.0) -> np.ndarray:
    """Oblique axes, perhaps mirrored; the third leans towards the second by `shear`."""
    random = np.random.default_rng(seed)
    directions = Rotation.random(random_state=seed).as_matrix() * random.choice([-1, 1], 3)
    directions[:, 2] = directions[:, 2] * np.sqrt(1 - shear**2) + shear * directions[:, 1]
    affine = np.eye(4)
    affine[:3, :3] = directions * random.uniform(0.3, 5.0, 3)
    affine[:3, 3] = random.uniform(-500, 500, 3)
    return affine


@given(st.integers(0, 1000))
def test_right_angles_stay_as_they_are(seed: int) -> None:
    header = checked_header(PATH, SHAPE, affine_of(seed))
    np.testing.assert_array_equal(header.affine, affine_of(seed))
    assert (header.path, header.shape, header.warnings) == (PATH, SHAPE[::-1], ())


@given(st.integers(0, 1000), st.floats(2 * ROUNDING_TOLERANCE, 0.99 * SHEAR_TOLERANCE))
def test_rounded_axes_are_straightened_with_a_warning(seed: int, shear: float) -> None:
    skewed = affine_of(seed, shear)
    header = checked_header(PATH, SHAPE, skewed)
    spacing = np.linalg.norm(skewed[:3, :3], axis=0)
    directions = header.affine[:3, :3] / spacing
    np.testing.assert_allclose(directions.T @ directions, np.eye(3), atol=1e-12)
    # The nearest rotation shares the deviation between the two axes: each turns by half of it.
    turned = np.linalg.norm(directions - skewed[:3, :3] / spacing, axis=0)
    np.testing.assert_allclose(turned, [0, shear / 2, shear / 2], rtol=0.01, atol=1e-9)
    assert np.linalg.det(directions) * np.linalg.det(skewed[:3, :3]) > 0
    centre = [*((np.array(SHAPE) - 1) / 2), 1.0]
    np.testing.assert_allclose(header.affine @ centre, skewed @ centre, atol=1e-9)
    (warning,) = header.warnings
    assert warning.startswith("a.nrrd: axes with a cosine of ")
    assert "straightened" in warning


@given(st.integers(0, 1000), st.floats(1.01 * SHEAR_TOLERANCE, 0.9))
def test_a_gantry_tilt_is_refused_with_its_angle(seed: int, shear: float) -> None:
    with pytest.raises(InputError) as caught:
        checked_header(PATH, SHAPE, affine_of(seed, shear))
    message = str(caught.value)
    assert f"{np.degrees(np.arcsin(shear)):.1f} degrees off" in message
    assert "expected right angles" in message


@pytest.mark.parametrize(
    ("shape", "words"),
    [((3, 4), "2-D image"), ((3, 4, 5, 2), "4-D image"), ((3, 4, 5, 1, 3), "5-D image"), ((3, 0, 5), "no voxels")],
)
def test_sizes(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(InputError, match=rf"a\.nrrd: {words}"):
        checked_header(PATH, shape, np.eye(4))


def test_a_trailing_single_volume_is_fine() -> None:
    assert checked_header(PATH, (3, 4, 5, 1), np.eye(4)).shape == (5, 4, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_an_unusable_affine_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="expected finite values and spacings above 0"):
        checked_header(PATH, SHAPE, np.diag([1.0, value, 1.0, 1.0]))
