"""Tiles that cover the kept blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.region.cover import SIDES, cheapest_cover, cover, tile_cost

FULL = ARCHITECTURES["3d_fullres"]
sizes = st.tuples(*[st.integers(1, 12)] * 3)


@settings(max_examples=100, deadline=None)
@given(shape=sizes, tile=sizes, seed=st.integers(0, 1000), share=st.floats(0, 1))
def test_every_kept_block_is_covered_once_and_no_tile_is_empty(
    shape: tuple[int, int, int], tile: tuple[int, int, int], seed: int, share: float
) -> None:
    kept = np.random.default_rng(seed).random(shape) < share
    count = np.zeros(np.add(shape, tile), int)
    for z, y, x in cover(kept, tile):
        place = (slice(z, z + tile[0]), slice(y, y + tile[1]), slice(x, x + tile[2]))
        count[place] += 1
        assert kept[place].any()
    assert count.max() <= 1
    assert (count[: shape[0], : shape[1], : shape[2]][kept] == 1).all()


def cost_of(tile: tuple[int, ...]) -> float:
    return tile_cost(FULL, tile, 1, 3)


def test_a_spine_is_covered_at_a_fraction_of_the_volume() -> None:
    """A bent column of the width of a vertebra in a whole body; context makes the rest of the cost."""
    kept = np.zeros((170, 120, 120), bool)
    for z in range(10, 160):
        y = 60 + round(12 * np.sin(z / 25))
        kept[z, y : y + 16, 52:69] = True
    shape, corners, cost = cheapest_cover(kept, (3, 3, 3), 150, cost_of)
    assert all(side * 3 in SIDES for side in shape)
    assert cost == pytest.approx(len(corners) * cost_of(tuple(side * 3 for side in shape)))
    dense = 3 * 3 * 4 * cost_of((129, 120, 120))
    assert cost < dense / 6
    assert all(cost <= len(cover(kept, (side,) * 3)) * cost_of((side * 3,) * 3) for side in (8, 12, 16))


def test_no_tile_is_larger_than_the_memory_allows() -> None:
    shape, _, _ = cheapest_cover(np.ones((20, 20, 20), bool), (3, 3, 1), 36, cost_of)
    assert max(side * step for side, step in zip(shape, (3, 3, 1), strict=True)) <= 36


def test_small_tiles_cost_more_per_voxel() -> None:
    rates = [cost_of((side,) * 3) / side**3 for side in (24, 48, 96)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 1.4 * rates[2]
