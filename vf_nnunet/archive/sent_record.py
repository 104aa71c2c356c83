"""The record of what an archive has accepted. Each answer is one line, so that no kill can damage earlier ones."""

import json
import os
import time
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError

SENT = "stored.jsonl"
"""File in the folder of the objects."""


class SentRecord:
    """The answers to what was sent from a folder.

    Args:
        folder: Folder of the objects.
        archive: Name of the archive.

    Raises:
        InputError: If the record cannot be read or written.
    """

    def __init__(self, folder: Path, archive: str) -> None:
        self.path = folder / SENT
        self.archive = archive
        try:
            text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
            with self.path.open("a", encoding="utf-8") as file:
                # A line that was cut off by a kill is ended, and ignored when the record is read.
                file.write("\n" if text and not text.endswith("\n") else "")
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path}: cannot be written ({error}); expected a writable folder") from error
        self._accepted = {
            (line.get("sop_instance_uid"), line.get("sha256"))
            for line in map(_parsed, text.splitlines())
            if line.get("archive") == archive and line.get("accepted") is True
        }

    def is_accepted(self, sop_instance: str, sha256: str) -> bool:
        """Whether the archive has accepted an object with this content."""
        return (sop_instance, sha256) in self._accepted

    def add(self, path: Path, sop_instance: str, sha256: str, accepted: bool, remark: str) -> None:
        """Record an answer; it is on the disk when this returns.

        Args:
            path: The file that was sent.
            sop_instance: SOPInstanceUID.
            sha256: SHA-256 of the file.
            accepted: Whether the archive has it now.
            remark: What the archive said besides.
        """
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "archive": self.archive,
            "file": str(path.relative_to(self.path.parent)),
            "sop_instance_uid": sop_instance,
            "sha256": sha256,
            "accepted": accepted,
            "remark": remark,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if accepted:
            self._accepted.add((sop_instance, sha256))


def _parsed(line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
