"""What all ways to send an object to an archive have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from vf_nnunet.archive.objects import DicomObject

REFUSALS: Mapping[int, str] = MappingProxyType(
    {
        0x0110: "processing failure",
        0x0111: "another object with this SOPInstanceUID is there",
        0x0112: "no such SOP instance",
        0x0117: "invalid SOPInstanceUID",
        0x0122: "kind of object (SOP class) not supported",
        0x0124: "not authorised",
        0x0210: "duplicate invocation",
        0x0211: "unrecognised operation",
        0x0212: "mistyped argument",
    }
)
"""Meanings of failure reasons (DICOM PS3.7 annex C)."""
REFUSAL_RANGES: Mapping[int, str] = MappingProxyType(
    {
        0xA700: "out of resources",
        0xA900: "data set does not match its SOP class",
        0xC000: "cannot be understood",
    }
)
"""Meanings of ranges of failure reasons, by their beginning (DICOM PS3.4 B.2.3)."""


@dataclass(frozen=True)
class Answer:
    """What an archive says to an object.

    Attributes:
        accepted: Whether it has the object now.
        remark: Why not, or what it did to the object; empty for nothing.
    """

    accepted: bool
    remark: str = ""


class Destination(Protocol):
    """An archive that takes objects.

    Attributes:
        name: Its address, without secrets.
    """

    name: str

    def send(self, item: DicomObject) -> Answer:
        """Send one object.

        Raises:
            Unreachable: If the archive did not answer, or is busy.
            ArchiveError: If it takes no object at all from us.
        """

    def close(self) -> None:
        """End the connection."""


def is_out_of_resources(code: int) -> bool:
    """Whether a failure can pass, such as a full disk."""
    return code & 0xFF00 == 0xA700


def refusal_text(code: int) -> str:
    """The meaning of a failure reason, with its code."""
    beginning = code & 0xF000 if code & 0xF000 == 0xC000 else code & 0xFF00
    meaning = REFUSALS.get(code) or REFUSAL_RANGES.get(beginning) or "no standard reason"
    return f"{meaning} (0x{code:04X})"
