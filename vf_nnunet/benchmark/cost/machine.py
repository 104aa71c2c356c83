"""The machine and the software of a benchmark, in one sentence."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from vf_nnunet.network.device import has_cpu_bfloat16

PACKAGES = ("torch", "openvino", "nnunetv2")
CPU_INFO = Path("/proc/cpuinfo")


def describe_machine() -> str:
    """Processor, cores, graphics card and versions."""
    bfloat16 = "with" if has_cpu_bfloat16() else "without"
    card = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    versions = ", ".join(f"{package} {_version(package)}" for package in PACKAGES)
    return (
        f"Machine: {_processor()}, {os.cpu_count()} cores, {bfloat16} instructions for bfloat16{card}; Python "
        f"{platform.python_version()}, {versions}."
    )


def _processor() -> str:
    lines = CPU_INFO.read_text(encoding="utf-8").splitlines() if CPU_INFO.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
