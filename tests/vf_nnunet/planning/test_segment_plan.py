"""Segments by memory and processor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.conftest import TINY
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.cost import GIGABYTE
from vf_nnunet.planning.segment_plan import (
    BATCH_SIZE,
    LEARNED_VOXELS,
    PREDICTED_SIDES,
    PREDICTED_VOXELS,
    Machine,
    SegmentPlan,
    plan_segments,
)

UNLIMITED = Machine("test", memory=1e15, reserved=0, bytes_per_value=4)


def plan(memory: float, macs_per_second: float | None = None) -> SegmentPlan:
    machine = Machine("test", memory, reserved=GIGABYTE, bytes_per_value=4, macs_per_second=macs_per_second)
    return plan_segments(ARCHITECTURES, 1, 3, machine)


def needs() -> list[float]:
    """Memory of a step with each side, by letting it fail or fit: largest first."""
    found: list[float] = []
    memory = 1e15
    while True:
        try:
            chosen = plan(memory)
        except InputError:
            return found
        found.append(chosen.needed)
        memory = chosen.needed + GIGABYTE - 1


def test_a_roomy_machine_gets_deepmedics_cubes() -> None:
    for gigabytes in (4, 8, 80, 10_000):
        chosen = plan(gigabytes * GIGABYTE)
        assert (chosen.predicted, chosen.batch_size) == (PREDICTED_VOXELS, BATCH_SIZE)


def test_less_memory_gives_larger_cubes_which_need_less() -> None:
    """One step for each side: every one that is too large makes room for the next."""
    found = needs()
    assert len(found) == len(PREDICTED_SIDES)
    assert found == sorted(found, reverse=True)


@given(st.floats(0, 40), st.one_of(st.none(), st.floats(1e6, 1e14)))
def test_a_plan_fits_and_learns_from_as_many_voxels(gigabytes: float, macs_per_second: float | None) -> None:
    try:
        chosen = plan(gigabytes * GIGABYTE, macs_per_second)
    except InputError:
        assert gigabytes * GIGABYTE < min(needs()) + GIGABYTE
        return
    assert chosen.needed + GIGABYTE <= gigabytes * GIGABYTE
    assert chosen.batch_size * chosen.predicted**3 == pytest.approx(LEARNED_VOXELS, rel=0.05)
    assert chosen.batch_size >= 3


def test_a_slow_processor_gets_larger_cubes() -> None:
    sides = [plan(1e15, rate).predicted for rate in (1e13, 1e10, 1e3)]
    assert sides[0] == PREDICTED_VOXELS
    assert sides == sorted(sides)
    assert sides[-1] == PREDICTED_SIDES[-1]


@pytest.mark.parametrize("gigabytes", [0, 0.001, -3])
def test_too_little_memory_is_reported_with_what_is_needed(gigabytes: float) -> None:
    with pytest.raises(InputError, match=r"test: .* GB, of which 1\.00 GB are reserved; a training step of 3 segments"):
        plan(gigabytes * GIGABYTE)


def test_the_most_demanding_configuration_decides() -> None:
    small = plan_segments({"tiny": TINY}, 1, 3, UNLIMITED)
    both = plan_segments({"tiny": TINY, **ARCHITECTURES}, 1, 3, UNLIMITED)
    assert small.needed < both.needed == plan(1e15).needed
