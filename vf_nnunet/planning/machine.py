"""The machine that a training is planned for."""

import torch

from vf_nnunet.network.cost import GIGABYTE
from vf_nnunet.network.device import has_cpu_bfloat16
from vf_nnunet.planning.segment_plan import Machine
from vf_nnunet.training.settings import HELD_BYTES

DEFAULT_GPU_GB = 8.0
"""nnU-Net's own target, which its planners use for any GPU."""
GPU_RESERVED = 1.0 * GIGABYTE
"""Bytes of CUDA's context and cuDNN's workspaces; assumed, not measured."""
CPU_RESERVED = 1.3 * GIGABYTE + 2 * HELD_BYTES
"""Bytes of Python with torch and nnU-Net loaded, and of the cases that the two streams of segments keep in memory."""
CPU_SHARE = 0.5
"""Share of the memory that is planned for a training; the rest is left to the system and other programs."""
CPU_MACS_PER_CORE_SECOND = 1.6e10
"""Multiply-adds per second and core in a float32 training step (`benchmarks/training_step.py`, 2-core Xeon)."""


def planned_machine(gpu_memory_gb: float | None) -> Machine:
    """The machine to plan for: a GPU if its memory is given or this machine has one, else this machine's CPU.

    Args:
        gpu_memory_gb: Memory of the GPU in GB; None for nnU-Net's target.
    """
    if gpu_memory_gb is not None or torch.cuda.is_available():
        memory = DEFAULT_GPU_GB if gpu_memory_gb is None else gpu_memory_gb
        return Machine("GPU memory target", memory * GIGABYTE, GPU_RESERVED, bytes_per_value=2)
    import psutil

    cores = psutil.cpu_count() or 1
    return Machine(
        f"CPU with {cores} cores, {CPU_SHARE:.0%} of its memory",
        psutil.virtual_memory().total * CPU_SHARE,
        CPU_RESERVED,
        bytes_per_value=2 if has_cpu_bfloat16() else 4,
        macs_per_second=cores * CPU_MACS_PER_CORE_SECOND,
    )
