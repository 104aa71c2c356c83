"""The machine that a training is planned for."""

import torch

from vf_nnunet.network.cost import GIGABYTE
from vf_nnunet.network.device import has_cpu_bfloat16
from vf_nnunet.planning.segment_plan import Machine
from vf_nnunet.training.settings import HELD_BYTES

DEFAULT_GPU_GB = 8.0
"""nnU-Net's own target, which its planners take whatever the GPU is."""
GPU_RESERVED = 1.0 * GIGABYTE
"""CUDA's context and cuDNN's workspaces; assumed, not measured."""
CPU_RESERVED = 1.3 * GIGABYTE + 2 * HELD_BYTES
"""Python with torch and nnU-Net loaded, and the cases that the streams of training and inner validation hold."""
CPU_SHARE = 0.5
"""Share of the memory that a training may plan with; the rest is for the system and for what else runs."""
CPU_MACS_PER_CORE_SECOND = 1.6e10
"""Multiply-adds of a training step in float32 (`benchmarks/training_step.py` on a 2-core Xeon)."""


def planned_machine(gpu_memory_gb: float | None) -> Machine:
    """A GPU with `gpu_memory_gb`, if that is given; else the GPU that is there, with nnU-Net's target; else the CPU."""
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
