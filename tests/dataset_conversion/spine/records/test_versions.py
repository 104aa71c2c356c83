"""Installed packages are listed with their versions, others are left out."""

import platform

import numpy as np

from dataset_conversion.spine.records.versions import installed_versions


def test_installed_packages_and_python() -> None:
    found = installed_versions(["numpy", "no-such-package"])
    assert found == {"python": platform.python_version(), "numpy": np.__version__}
