"""The sentence on the machine."""

import os

import torch

from vf_nnunet.benchmark.cost.machine import describe_machine


def test_cores_and_versions() -> None:
    text = describe_machine()
    assert text.startswith("Machine: ")
    assert f"{os.cpu_count()} cores" in text
    assert f"torch {torch.__version__.partition('+')[0]}" in text
    assert "nnunetv2 2." in text


def test_a_package_that_is_not_installed() -> None:
    from vf_nnunet.benchmark.cost.machine import _version

    assert _version("no-such-package-here") == "not installed"
