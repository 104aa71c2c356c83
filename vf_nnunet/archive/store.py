"""Send all DICOM objects of a folder to an archive, each once."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.attempts import ArchiveError, with_attempts
from vf_nnunet.archive.destination import Answer, Destination
from vf_nnunet.archive.objects import DicomObject
from vf_nnunet.archive.sent_record import SentRecord
from vf_nnunet.archive.settings import CONNECTION, ConnectionSettings


@dataclass
class Sent:
    """What became of the objects.

    Attributes:
        accepted: Number that the archive has accepted now.
        earlier: Number that it had accepted before.
        refused: A problem for each object that it has refused.
        remarks: What it has said to accepted ones.
    """

    accepted: int = 0
    earlier: int = 0
    refused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        before = f", {self.earlier} accepted before" if self.earlier else ""
        return f"{self.accepted} accepted{before}, {len(self.refused)} refused"


def store_objects(
    record: SentRecord,
    items: Sequence[DicomObject],
    destination: Destination,
    settings: ConnectionSettings = CONNECTION,
    progress: bool = False,
) -> Sent:
    """Send objects; the answers are recorded beside them as they come.

    Args:
        record: What archives have accepted of their folder.
        items: The objects.
        destination: The archive.
        settings: How often and after which waits an object is sent again.
        progress: Whether to show a bar.

    Raises:
        ArchiveError: If the archive cannot be used, or does not answer any more. It says how many objects it has.
        InputError: If an object cannot be read.
    """
    from tqdm import tqdm

    sent = Sent()
    try:
        for item in tqdm(items, desc="objects", leave=False, file=sys.stderr, disable=None if progress else True):
            _store(item, record, destination, settings, sent)
    except ArchiveError as error:
        there = sent.accepted + sent.earlier
        left = f"; {there} of {len(items)} objects are stored: run the command again to send the rest" if there else ""
        raise ArchiveError([*sent.refused, f"{error}{left}"]) from error
    finally:
        destination.close()
    return sent


def _store(
    item: DicomObject, record: SentRecord, destination: Destination, settings: ConnectionSettings, sent: Sent
) -> None:
    digest = _digest(item.path)
    if record.is_accepted(item.sop_instance, digest):
        sent.earlier += 1
        return

    def request() -> Answer:
        return destination.send(item)

    answer = with_attempts(request, settings)
    record.add(item.path, item.sop_instance, digest, answer.accepted, answer.remark)
    if not answer.accepted:
        sent.refused.append(f"{item.path}: refused by {destination.name}: {answer.remark}")
        return
    sent.accepted += 1
    if answer.remark:
        sent.remarks.append(f"{item.path}: {answer.remark}")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a readable file") from error
