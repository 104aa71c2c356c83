"""Places and values of tilted and uneven stacks, against the slices themselves and dcm2niix."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from dataset_conversion.images.registry import read_image, read_image_header
from dataset_conversion.images.volume import Volume, to_canonical
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from tests.dataset_conversion.conftest import decimals
from tests.dataset_conversion.images.studies.exports import slices, write

CENTRE = np.array([3.0, 40.0, -150.0])
"""LPS mm of a bright ball in a body."""


def ball(points: FloatArray) -> FloatArray:
    """HU at LPS points."""
    return np.asarray(700.0 * np.exp(-(np.linalg.norm(points - CENTRE, axis=-1) ** 2) / (2 * 8.0**2)) - 100.0)


def save_tilted(
    folder: Path, tilt: float, turn: FloatArray, heights: FloatArray, thickness: float = 3.0, mirror: bool = False
) -> Path:
    """Slices of 2 mm voxels through the ball, whose planes are tilted by degrees against the line of the stack.

    `turn` rotates the scanner; `mirror` lets the columns run from the patient's left to the right.
    """
    side = 1 if not mirror else -1
    row = turn @ np.array([side, 0.0, 0.0])
    column = turn @ np.array([0.0, np.cos(np.radians(tilt)), -np.sin(np.radians(tilt))])
    line = turn @ np.array([0.0, 0.0, 1.0])
    made = slices("1.2.10", len(heights), thickness)
    size = 40
    for header, height in zip(made, heights, strict=True):
        position = CENTRE + (height - heights.mean()) * line - size * row - size * column
        y, x = np.mgrid[0:size, 0:size]
        points = position + 2 * (x[..., np.newaxis] * row + y[..., np.newaxis] * column)
        header.Rows = header.Columns = size
        header.PixelSpacing = decimals(2.0, 2.0)
        header.ImagePositionPatient = decimals(*position)
        header.ImageOrientationPatient = decimals(*row, *column)
        header.PixelData = (np.rint(ball(points)).astype(int) + 1024).astype(np.uint16).tobytes()
    return write(folder, made)


def bright_centre(volume: Volume) -> FloatArray:
    """LPS mm of the centre of mass of what is above 250 HU."""
    weights = np.clip(volume.array.astype(float) - 250, 0, None)
    return np.asarray(volume.index_to_world(ndimage.center_of_mass(weights))[0])


EVEN = np.arange(0.0, 81.0, 3.0)
UNEVEN = np.concatenate([np.arange(0.0, 40.0, 2.5), np.arange(40.0, 81.0, 4.0)])


@pytest.mark.parametrize("tilt", [0.0, 5.0, 18.5, -25.0])
@pytest.mark.parametrize("heights", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("mirror", [False, True], ids=["plain", "flipped"])
@pytest.mark.parametrize("angles", [(0, 0, 0), (8, -12, 20)], ids=["straight", "oblique"])
def test_a_place_is_the_same_place(
    tmp_path: Path, tilt: float, heights: FloatArray, mirror: bool, angles: tuple[float, float, float]
) -> None:
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    header, array = read_image(save_tilted(tmp_path / "a", tilt, turn, heights, 4.0, mirror))
    directions = header.affine[:3, :3] / np.linalg.norm(header.affine[:3, :3], axis=0)
    np.testing.assert_allclose(directions.T @ directions, np.eye(3), atol=1e-5)
    volume = Volume(array, header.affine)
    for found in (volume, to_canonical(volume)):
        np.testing.assert_allclose(bright_centre(found), CENTRE, atol=0.2)
    indices = np.argwhere(array > -50)
    values = ball(header.index_to_world(indices))
    # Interpolation between slices of 4 mm flattens the ball; nothing is interpolated in an even stack.
    assert np.abs(array[tuple(indices.T)] - values).max() < (60 if heights is UNEVEN else 6)


def test_an_even_stack_at_right_angles_is_not_touched(tmp_path: Path) -> None:
    header, array = read_image(save_tilted(tmp_path / "a", 0.0, np.eye(3), EVEN))
    assert array.shape == (27, 40, 40)
    assert "resampled" not in str(header.warnings)


def test_what_was_done_is_said(tmp_path: Path) -> None:
    header = read_image_header(save_tilted(tmp_path / "a", 18.5, np.eye(3), UNEVEN, 4.0))
    assert "sheared by 18.5 degrees (gantry tilt), slices 2.371 to 3.793 mm apart; resampled once to right" in str(
        header.warnings
    )


@pytest.mark.parametrize(
    ("thickness", "gap", "missing"),
    [
        (2.0, 2.0, None),
        (2.0, 2.9, None),
        (2.0, 4.0, "2 mm"),
        (2.0, 12.5, "10.5 mm"),
        (4.0, 4.0, None),
        (0.0, 4.0, "2 mm"),
    ],
)
def test_gaps_are_refused_where_a_part_of_the_patient_is_missing(
    tmp_path: Path, thickness: float, gap: float, missing: str | None
) -> None:
    """Slices every 2 mm; overlapping ones can lack a slice without a gap in the patient."""
    heights = np.concatenate([np.arange(0.0, 20.0, 2.0), 18.0 + gap + np.arange(0.0, 40.0, 2.0)])
    folder = save_tilted(tmp_path / "a", 0.0, np.eye(3), heights, thickness)
    if missing is None:
        assert read_image_header(folder).shape[0] > 29
        return
    with pytest.raises(InputError, match=rf"\({missing} of the patient missing\); expected even steps"):
        read_image_header(folder)


@given(st.lists(st.floats(0.5, 1.4), min_size=4, max_size=20), st.floats(-30, 30))
@settings(max_examples=15, deadline=None)
def test_values_at_the_slices_are_those_of_the_slices(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[float], tilt: float
) -> None:
    heights = np.concatenate([[0.0], np.cumsum(gaps)]) * 3
    folder = save_tilted(tmp_path_factory.mktemp("dicom") / "a", tilt, np.eye(3), heights, 5.0)
    header, array = read_image(folder)
    indices = np.argwhere(array > -50)
    assert np.abs(array[tuple(indices.T)] - ball(header.index_to_world(indices))).max() < 90
