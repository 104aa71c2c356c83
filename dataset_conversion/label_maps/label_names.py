"""The names of labels that TotalSegmentator writes into the header of its multi-label NIfTI files."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import nibabel as nib
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from dataset_conversion.spine.levels import parse_level

NIFTI_ENDINGS = (".nii.gz", ".nii")
_VERTEBRA = re.compile(r"vertebrae?_(\w+)", re.IGNORECASE)


def level_of_name(name: str) -> str | None:
    """The level in a name such as `vertebrae_L1`; None if it is not the name of a vertebra."""
    match = _VERTEBRA.fullmatch(name.strip())
    return parse_level(match[1]) if match else None


def header_levels(path: Path) -> dict[int, str]:
    """Level by number, of the vertebrae that the header of a NIfTI file names; empty if it names none.

    Args:
        path: A readable image of any format.
    """
    if not path.name.lower().endswith(NIFTI_ENDINGS):
        return {}
    extensions: Iterable[Any] = nib.load(path).header.extensions
    tables = [_parse_table(extension.get_content()) for extension in extensions if extension.get_code() == 0]
    return next((levels for levels in tables if levels), {})


def _parse_table(content: Any) -> dict[int, str]:
    text = content if isinstance(content, bytes) else str(content).encode()
    try:
        root = fromstring(text.strip(b"\0 \n"))
        named = {int(label.get("Key")): label.text or "" for label in root.iter("Label")}
    except (ParseError, DefusedXmlException, ValueError, TypeError):
        return {}
    levels = {number: level_of_name(name) for number, name in named.items()}
    return {number: level for number, level in levels.items() if level}
