"""Plan the number and size of the segments of a training step for a machine's memory and speed.

A step always learns from about the same number of voxels, 24 x 9^3. The voxels of small cubes are the least correlated,
so the smallest cube that the machine can afford is chosen. Larger cubes need *less* memory and time because more voxels
share their margins of context: at 18^3 a step needs half of what it needs at 9^3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dataset_conversion.spine.errors import InputError
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.cost import GIGABYTE, Pass, passes, step_bytes, step_macs

PREDICTED_VOXELS = 9
"""Side of the cube that a training segment predicts, as in DeepMedic (where the normal pathway reads 25 voxels). With
24 voxels of context, a segment reads 57 voxels on each axis."""
BATCH_SIZE = 24
"""Segments per training step, eight of each class; DeepMedic has 10 in all."""
LEARNED_VOXELS = BATCH_SIZE * PREDICTED_VOXELS**3
"""Voxels that a training step learns from."""
PREDICTED_SIDES = (PREDICTED_VOXELS, 12, 15, 18)
"""Sides to choose from: multiples of the subsampling factor, up to where a step has as many segments as classes."""


@dataclass(frozen=True)
class Machine:
    """Resources of a training.

    Attributes:
        name: Name for messages.
        memory: Total bytes.
        reserved: Bytes that are not available for activations.
        bytes_per_value: 2 in half precision, 4 in float32.
        macs_per_second: Multiply-adds per second of a processor; None where time is no limit, as on a GPU.
        step_seconds: Longest acceptable step, if there is a choice.
    """

    name: str
    memory: float
    reserved: float
    bytes_per_value: int
    macs_per_second: float | None = None
    step_seconds: float = 2.0

    def __str__(self) -> str:
        """Description for the user."""
        return f"{self.name}: {self.memory / GIGABYTE:.2f} GB, of which {self.reserved / GIGABYTE:.2f} GB are reserved"

    def affords_memory(self, needed: float) -> bool:
        """Whether a step that needs this many bytes fits into the memory."""
        return needed + self.reserved <= self.memory

    def affords_time(self, macs: float) -> bool:
        """Whether a step of this many multiply-adds is short enough."""
        return self.macs_per_second is None or macs <= self.macs_per_second * self.step_seconds


@dataclass(frozen=True)
class SegmentPlan:
    """A training step, the same for all configurations of a dataset.

    Attributes:
        predicted: Side of the cube that a segment predicts, in voxels.
        batch_size: Segments per step.
        needed: Bytes that the step of the most demanding configuration needs.
    """

    predicted: int
    batch_size: int
    needed: int

    def __str__(self) -> str:
        """Description for the user."""
        size = f"{self.predicted} x {self.predicted} x {self.predicted}"
        return f"a training step of {self.batch_size} segments of {size} voxels needs {self.needed / GIGABYTE:.2f} GB"


def plan_segments(
    architectures: Mapping[str, Architecture], channels: int, classes: int, machine: Machine
) -> SegmentPlan:
    """Choose the smallest cubes whose step fits into the memory and, if possible, is short enough.

    All configurations get the same cubes, so that they can be compared.

    Args:
        architectures: The network of each configuration.
        channels: Channels of the image.
        classes: Classes of the logits.
        machine: The machine to plan for.

    Raises:
        InputError: If not even the largest cubes fit into the memory.
    """
    fitting = []
    for side in PREDICTED_SIDES:
        tables = [passes(table, (side, side, side), channels, classes) for table in architectures.values()]
        plan = _plan(side, tables, machine.bytes_per_value)
        if machine.affords_memory(plan.needed):
            fitting.append(plan)
            if machine.affords_time(max(step_macs(table, plan.batch_size) for table in tables)):
                return plan
    if not fitting:
        raise InputError(f"{machine}; {plan}")
    return fitting[-1]


def _plan(side: int, tables: list[list[Pass]], bytes_per_value: int) -> SegmentPlan:
    segments = max(1, round(LEARNED_VOXELS / side**3))
    return SegmentPlan(side, segments, max(step_bytes(table, segments, bytes_per_value) for table in tables))
