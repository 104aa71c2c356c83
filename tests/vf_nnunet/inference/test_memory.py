"""Tiles grow with the memory that is available, and the whole prediction of a CT keeps to it."""

from types import SimpleNamespace

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.inference import memory
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.memory import (
    LARGEST_TILE,
    SMALLEST_TILE,
    free_memory_gb,
    largest_tile,
    tile_memory_gb,
    working_bytes,
)
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.cost import GIGABYTE
from vf_nnunet.network.dual_pathway import build_network

torch.manual_seed(0)
ENSEMBLE = ensemble_of({"0": build_network(ARCHITECTURES["3d_fullres"], 1, 3)})
LARGE_CT = 4 * 800 * 410 * 410
"""Bytes of the network's image of 512 x 512 x 1000 voxels at 0.8 mm."""


@given(memory_gb=st.floats(0.001, 20))
def test_the_largest_tile_that_fits(memory_gb: float) -> None:
    side = largest_tile(ENSEMBLE, 2, memory_gb)
    assert side % 3 == 0
    assert side == SMALLEST_TILE or working_bytes(ENSEMBLE, [side] * 3, 2) <= memory_gb * GIGABYTE
    assert side == LARGEST_TILE or working_bytes(ENSEMBLE, [side + 3] * 3, 2) > memory_gb * GIGABYTE


def test_double_precision_takes_twice_the_memory() -> None:
    assert working_bytes(ENSEMBLE, [60, 60, 60], 4) == 2 * working_bytes(ENSEMBLE, [60, 60, 60], 2)


@pytest.mark.parametrize("memory_gb", [0.0, -2.0])
def test_tiles_do_not_shrink_to_their_context(memory_gb: float) -> None:
    assert largest_tile(ENSEMBLE, 4, memory_gb) == SMALLEST_TILE
    assert working_bytes(ENSEMBLE, [SMALLEST_TILE] * 3, 4) < GIGABYTE / 3


@pytest.mark.parametrize("bytes_per_value", [2, 4])
def test_a_long_ct_stays_under_three_gigabytes(bytes_per_value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is free; a tile gets what process and image leave."""
    monkeypatch.setattr(memory, "free_memory_gb", lambda: 500.0)
    image_and_levels = LARGE_CT + 2 * LARGE_CT // 2
    side = largest_tile(ENSEMBLE, bytes_per_value, tile_memory_gb(image_and_levels, None, None))
    assert working_bytes(ENSEMBLE, [side] * 3, bytes_per_value) + image_and_levels < 2.4 * GIGABYTE
    assert side > SMALLEST_TILE


def test_requested_and_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory_gb", lambda: 4.0)
    assert tile_memory_gb(0, None, None) == pytest.approx(2.0 - 0.6)
    assert tile_memory_gb(2 * 10**9, 8.0, None) == pytest.approx(8.0 - 0.6 - 2)


def test_a_gpus_memory_is_for_tiles_alone() -> None:
    assert tile_memory_gb(LARGE_CT, None, 80.0) == 40.0
    assert tile_memory_gb(LARGE_CT, 2.0, 80.0) == 2.0


def test_free_memory_is_in_gigabytes_of_ten_to_the_nine_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=3_500_000_000, free=1, total=2**36))
    assert free_memory_gb() == 3.5


def test_free_memory_is_part_of_this_machines_memory() -> None:
    total = psutil.virtual_memory().total / 1e9
    assert total / 1000 < free_memory_gb() < total
