"""The optional packages that speak with archives."""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from dataset_conversion.spine.errors import InputError

PROJECTS: Mapping[str, str] = MappingProxyType(
    {"dicomweb_client": "dicomweb-client", "pynetdicom": "pynetdicom"},
)
"""The project of each package."""


def check_installed(package: str) -> None:
    """Check that a package can be imported.

    Raises:
        InputError: If it is not installed.
    """
    if find_spec(package) is None:
        raise InputError(f'{PROJECTS[package]}: not installed; run pip install "vf_nnunet[dicom]"')
