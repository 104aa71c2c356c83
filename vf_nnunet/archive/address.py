"""A DICOMweb service as the source of CTs, and the UIDs that studies are asked for by."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.credentials import check_url

SCHEME = "dicomweb:"
"""Beginning of an address that tells it from a path."""
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
LONGEST_UID = 64


@dataclass(frozen=True)
class ArchiveAddress:
    """A DICOMweb service.

    Attributes:
        url: Its URL.
    """

    url: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.url}"


def parse_archive_address(text: str) -> ArchiveAddress | None:
    """The service in `dicomweb:URL`; None for a path.

    Raises:
        InputError: If what follows is not the URL of a service.
    """
    if not text.startswith(SCHEME):
        return None
    url = text.removeprefix(SCHEME)
    check_url(url)
    return ArchiveAddress(url.rstrip("/"))


def is_uid(text: str) -> bool:
    """Whether a text is a UID, and so can be the name of a folder."""
    return len(text) <= LONGEST_UID and bool(_UID.fullmatch(text))


def uid_problems(uids: Sequence[str]) -> list[str]:
    """A problem for each text that is not a UID."""
    return [f"--study {uid}: not a UID; expected numbers and points, as in 1.2.840" for uid in uids if not is_uid(uid)]


def check_uid(url: str, uid: str) -> str:
    """A UID that an archive gave; it becomes the name of a file.

    Raises:
        InputError: If it is not one.
    """
    if not is_uid(uid):
        raise InputError(f"{url}: answers with {uid!r}; expected a UID")
    return uid
