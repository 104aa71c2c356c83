import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.maps.geometry import index_to_world, is_inside, spacing, world_to_index

AFFINE = np.array([[2.0, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]])


def test_index_is_zyx_and_world_is_xyz() -> None:
    np.testing.assert_allclose(index_to_world(AFFINE, [1, 2, 3]), [[16, 26, 34]])
    np.testing.assert_allclose(world_to_index(AFFINE, [16, 26, 34]), [[1, 2, 3]])
    np.testing.assert_allclose(spacing(AFFINE), [4, 3, 2])


@given(st.lists(st.tuples(*[st.floats(-500, 500)] * 3), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_round_trip_for_any_affine(points: list[tuple[float, float, float]], seed: int) -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag([0.5, 1.0, 3.0])
    affine[:3, 3] = [7, -8, 9]
    np.testing.assert_allclose(index_to_world(affine, world_to_index(affine, points)), points, atol=1e-9)


def test_voxels_reach_half_a_voxel_beyond_their_centres() -> None:
    index = np.array([[-0.5, 0, 0], [-0.51, 0, 0], [3.5, 1.5, 1.5], [3.51, 0, 0]])
    assert is_inside((4, 2, 2), index).tolist() == [True, False, True, False]
