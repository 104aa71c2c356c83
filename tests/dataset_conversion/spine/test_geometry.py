from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.spine.geometry import (
    ImageHeader,
    axis_codes,
    is_inside,
    to_lps,
)

ANGLES = st.tuples(*[st.floats(-180, 180)] * 3)
SPACINGS = st.tuples(*[st.floats(0.3, 5)] * 3)


def header(angles: tuple[float, ...], spacing: tuple[float, ...]) -> ImageHeader:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * spacing[::-1]
    affine[:3, 3] = [10.0, -20.0, 30.0]
    return ImageHeader(Path("a.nii.gz"), (4, 5, 6), affine)


def test_index_is_z_y_x_and_world_is_x_y_z() -> None:
    image = ImageHeader(Path("a.nii.gz"), (4, 5, 6), np.diag([2.0, 3.0, 5.0, 1.0]))
    assert image.spacing == (5.0, 3.0, 2.0)
    np.testing.assert_array_equal(image.index_to_world([[1, 10, 100]]), [[200.0, 30.0, 5.0]])
    np.testing.assert_array_equal(image.world_to_index([200.0, 30.0, 5.0]), [[1.0, 10.0, 100.0]])


@given(ANGLES, SPACINGS)
def test_world_and_index_are_inverse(angles: tuple[float, ...], spacing: tuple[float, ...]) -> None:
    image = header(angles, spacing)
    np.testing.assert_allclose(image.spacing, spacing)
    indices = np.array([[0.0, 0.0, 0.0], [1.5, 100.0, -3.0]])
    np.testing.assert_allclose(image.world_to_index(image.index_to_world(indices)), indices, atol=1e-9)


def test_lps_and_ras_differ_in_two_signs() -> None:
    affine = np.arange(16.0).reshape(4, 4)
    np.testing.assert_array_equal(to_lps(affine)[:, 3], [-3.0, -7.0, 11.0, 15.0])
    np.testing.assert_array_equal(to_lps(to_lps(affine)), affine)


@pytest.mark.parametrize("codes", ["LPS", "RAS", "PIR", "ASL"])
def test_axis_codes(codes: str) -> None:
    ras = np.linalg.inv(nib.orientations.inv_ornt_aff(nib.orientations.axcodes2ornt(codes), (4, 5, 6)))
    assert "".join(axis_codes(to_lps(ras))) == codes


@given(ANGLES, SPACINGS, st.tuples(*[st.floats(-0.49, 0.49)] * 3))
def test_a_point_in_a_voxel_is_contained(
    angles: tuple[float, ...], spacing: tuple[float, ...], within: tuple[float, ...]
) -> None:
    image = header(angles, spacing)
    voxels = np.argwhere(np.ones(image.shape))
    assert image.contains(image.index_to_world(voxels + within)).all()
    beyond = [[-0.51, 1, 1], [1, 4.51, 1], [1, 1, -0.51], [3.51, 1, 1]]
    assert not image.contains(image.index_to_world(beyond)).any()


def test_voxels_reach_half_a_voxel_beyond_their_centres() -> None:
    index = np.array([[-0.5, 0, 0], [-0.51, 0, 0], [3.5, 1.5, 1.5], [3.51, 0, 0]])
    assert is_inside((4, 2, 2), index).tolist() == [True, False, True, False]
