"""Which blocks are kept."""

import numpy as np
import pytest

from tests.vf_nnunet.models import bright_probe
from vf_nnunet.region.kept import block_probability, blocks_per_plane, kept_blocks, smooth


def test_the_probability_is_the_logistic_function_of_the_score() -> None:
    scores = np.array([-1e9, -2, 0, 2, 1e9], np.float32)
    found = block_probability(scores)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [0, 1 / (1 + np.e**2), 0.5, 1 / (1 + np.e**-2), 1], atol=1e-6)


@pytest.mark.parametrize("factor", [(3, 3, 3), (3, 3, 1)])
def test_smoothing_is_in_voxels(factor: tuple[int, int, int]) -> None:
    """A point spreads by six voxels along each axis, however many blocks that are."""
    point = np.zeros((41, 41, 81), np.float32)
    point[20, 20, 40] = 1
    smoothed = smooth(point, factor)
    for axis, step in enumerate(factor):
        profile = smoothed.sum(axis=tuple(other for other in range(3) if other != axis))
        places = (np.arange(len(profile)) - len(profile) // 2) * step
        assert np.sqrt((profile * places**2).sum()) == pytest.approx(6, rel=0.02)


def test_smoothing_keeps_a_constant_up_to_the_border() -> None:
    np.testing.assert_allclose(smooth(np.full((5, 9, 1), 0.3, np.float32), (3, 3, 3)), 0.3, rtol=1e-5)


def test_a_component_smaller_than_a_vertebra_is_dropped() -> None:
    smoothed = np.zeros((20, 20, 20), np.float32)
    smoothed[3:6, 3:6, 3:6] = 0.6
    smoothed[10:12, 10:12, 10:12] = 0.6
    kept = kept_blocks(bright_probe(threshold=0.6, least_blocks=27), smoothed)
    assert kept[3:6, 3:6, 3:6].all()
    assert kept.sum() == 27


def test_a_piece_of_the_spine_is_kept_however_large_the_rest_is() -> None:
    """A rule relative to the largest component would drop a vertebra that metal separates from the others."""
    smoothed = np.zeros((200, 20, 20), np.float32)
    smoothed[5:150, 5:15, 5:15] = 0.9
    smoothed[160:166, 8:12, 8:12] = 0.9
    assert kept_blocks(bright_probe(least_blocks=50), smoothed)[160:166, 8:12, 8:12].all()


@pytest.mark.parametrize(
    ("planes", "columns", "is_kept"),
    [
        (slice(60, 70), slice(30, 40), False),  # beside the spine
        (slice(145, 155), slice(30, 40), True),  # half of it below the end of the spine
        (slice(20, 90), slice(30, 45), True),  # beside, and as large as a spine
    ],
)
def test_a_small_component_beside_the_largest_is_dropped(planes: slice, columns: slice, *, is_kept: bool) -> None:
    smoothed = np.zeros((200, 50, 50), np.float32)
    smoothed[5:150, 5:15, 5:15] = 0.9
    smoothed[planes, columns, columns] = 0.9
    kept = kept_blocks(bright_probe(least_blocks=50), smoothed)
    assert kept[5:150, 5:15, 5:15].all()
    assert kept[planes, columns, columns].all() == kept[planes, columns, columns].any() == is_kept


def test_a_spine_cut_into_pieces_is_kept() -> None:
    """The pieces are tilted, so that their planes overlap where they end."""
    smoothed = np.zeros((200, 60, 40), np.float32)
    for first, last in ((5, 100), (102, 120), (122, 126), (128, 190)):
        for z in range(first, last):
            y = 10 + z // 5
            smoothed[z : z + 2, y : y + 12, 15:27] = 0.9
            smoothed[z - 1 : z + 1, y + 3 : y + 4, 15:27] = 0.9
    smoothed[100] = smoothed[101] = smoothed[120:122] = smoothed[126:128] = 0
    kept = kept_blocks(bright_probe(least_blocks=100), smoothed)
    np.testing.assert_array_equal(kept, smoothed > 0)


def test_nothing_above_the_threshold() -> None:
    assert not kept_blocks(bright_probe(), np.zeros((4, 5, 6), np.float32)).any()


def test_a_component_at_the_border_is_kept_whatever_its_size() -> None:
    smoothed = np.zeros((20, 20, 20), np.float32)
    smoothed[19, 7, 7] = smoothed[10, 10, 10] = 0.9
    kept = kept_blocks(bright_probe(least_blocks=27), smoothed)
    assert kept[19, 7, 7]
    assert kept.sum() == 1


def test_blocks_per_plane_leaves_out_empty_planes() -> None:
    kept = np.zeros((5, 4, 4), bool)
    assert blocks_per_plane(kept) == 0
    kept[1, :2], kept[3] = True, True
    assert blocks_per_plane(kept) == 12
