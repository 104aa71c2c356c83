"""How many segments a training step takes and how large they are, planned from memory and processor.

A step always learns from about as many voxels, 24 x 9^3. Small cubes are the least correlated, so the smallest cube
that the machine affords is taken. Larger cubes need *less*: their margins of context are shared by more voxels, so that
at 18^3 a step needs half of the memory and of the operations that it needs at 9^3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dataset_conversion.spine.errors import InputError
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.cost import GIGABYTE, Pass, passes, step_bytes, step_macs

PREDICTED_VOXELS = 9
"""Side of the cube that a training segment predicts, as in DeepMedic (25 voxels read by the normal pathway). With 24
voxels of context a segment reads 57 on each axis."""
BATCH_SIZE = 24
"""Eight segments of each class; DeepMedic takes 10 in all."""
LEARNED_VOXELS = BATCH_SIZE * PREDICTED_VOXELS**3
PREDICTED_SIDES = (PREDICTED_VOXELS, 12, 15, 18)
"""Multiples of the subsampling factor; beyond the last a step would have fewer segments than there are classes."""


@dataclass(frozen=True)
class Machine:
    """What a training may use.

    Attributes:
        name: For messages.
        memory: Bytes, in all.
        reserved: Bytes that do not go to activations.
        bytes_per_value: 2 in half precision, 4 in float32.
        macs_per_second: Of a processor; None where time is no limit, as on a GPU.
        step_seconds: Longest step where there is the choice.
    """

    name: str
    memory: float
    reserved: float
    bytes_per_value: int
    macs_per_second: float | None = None
    step_seconds: float = 2.0

    def __str__(self) -> str:
        """For the user."""
        return f"{self.name}: {self.memory / GIGABYTE:.2f} GB, of which {self.reserved / GIGABYTE:.2f} GB are taken"

    def affords_memory(self, needed: float) -> bool:
        """Whether a step of that many bytes fits."""
        return needed + self.reserved <= self.memory

    def affords_time(self, macs: float) -> bool:
        """Whether a step of that many multiply-adds is short enough."""
        return self.macs_per_second is None or macs <= self.macs_per_second * self.step_seconds


@dataclass(frozen=True)
class SegmentPlan:
    """A training step, the same for all configurations of a dataset.

    Attributes:
        predicted: Side of the cube that a segment predicts.
        batch_size: Segments in a step.
        needed: Bytes of the most demanding configuration's step.
    """

    predicted: int
    batch_size: int
    needed: int

    def __str__(self) -> str:
        """For the user."""
        size = f"{self.predicted} x {self.predicted} x {self.predicted}"
        return f"a training step of {self.batch_size} segments of {size} voxels needs {self.needed / GIGABYTE:.2f} GB"


def plan_segments(
    architectures: Mapping[str, Architecture], channels: int, classes: int, machine: Machine
) -> SegmentPlan:
    """The smallest cubes whose step the machine affords, in memory and, if one does, in time.

    All configurations get the same, so that they can be compared.

    Args:
        architectures: The network of each configuration.

    Raises:
        InputError: If not even the largest cubes fit the memory.
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
