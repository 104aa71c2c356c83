"""Tiles grow with the memory they are given."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.architecture import ARCHITECTURES
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.memory import GIGABYTE, LARGEST_TILE, free_memory_gb, largest_tile, working_bytes
from vf_nnunet.network import build_network

torch.manual_seed(0)
ENSEMBLE = ensemble_of(ARCHITECTURES["3d_fullres"], {"0": build_network(ARCHITECTURES["3d_fullres"], 1, 3)})


@given(memory_gb=st.floats(0.001, 20))
def test_the_largest_tile_that_fits(memory_gb: float) -> None:
    side = largest_tile(ENSEMBLE, 2, memory_gb)
    assert side % 3 == 0
    assert side == 3 or working_bytes(ENSEMBLE, [side] * 3, 2) <= memory_gb * GIGABYTE
    assert side == LARGEST_TILE or working_bytes(ENSEMBLE, [side + 3] * 3, 2) > memory_gb * GIGABYTE


def test_double_precision_takes_twice_the_memory() -> None:
    assert working_bytes(ENSEMBLE, [60, 60, 60], 4) == 2 * working_bytes(ENSEMBLE, [60, 60, 60], 2)


def test_a_block_is_computed_however_little_memory_there_is() -> None:
    assert largest_tile(ENSEMBLE, 4, 0.0) == 3


def test_this_machine_has_memory() -> None:
    assert free_memory_gb() > 0
