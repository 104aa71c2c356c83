"""UIDs that depend on the content only, so that the same results are the same objects in every run."""

from hashlib import sha256
from uuid import UUID

ROOT = "2.25."
"""The root of UIDs that are made from UUIDs (PS3.5, B.2)."""
_VERSION = 8
"""UUIDs of this version are made by any rule (RFC 9562, 5.8)."""


def stable_uid(*parts: str | bytes) -> str:
    """The UID of some content.

    Args:
        parts: What the UID depends on, in order. The division into parts matters.
    """
    digest = sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(content)}:".encode() + content)
    number = int.from_bytes(digest.digest()[:16])
    number = number & ~(0xF << 76) | _VERSION << 76
    number = number & ~(0b11 << 62) | 0b10 << 62
    return f"{ROOT}{UUID(int=number).int}"
