"""The records of the studies that were taken: one file each, in one folder for done and one for failed ones."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.archive.address import is_uid

FOLDER = "studies"
"""Folder in the output folder."""
DONE, FAILED = "done", "failed"
BEGUN = "begun.json"
"""File with the studies that were begun and not ended, and how often."""


@dataclass
class StudyRecord:
    """What became of a study.

    Attributes:
        study: StudyInstanceUID.
        cases: The cases that were predicted.
        reasons: Why it failed; empty if it is done.
        ended: When, as text.
        seconds: How long it took.
        is_stored: Whether an archive has its objects; None if they are not sent.
        instances: The images it was made from, as `arrivals.Study` has them.
    """

    study: str
    cases: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    ended: str = ""
    seconds: float = 0.0
    is_stored: bool | None = None
    instances: list[str] = field(default_factory=list)


class StudyRecords:
    """The records in an output folder. They are read once, and kept in memory without the images.

    To have a study done again, delete its file and start anew.

    Args:
        output: The output folder.

    Raises:
        InputError: If a record cannot be read.
    """

    def __init__(self, output: Path) -> None:
        self.folder = output / FOLDER
        self._begun = _read(self.folder / BEGUN) if (self.folder / BEGUN).is_file() else {}
        self._records: dict[str, StudyRecord] = {}
        # A study that failed and was done later has both for a moment.
        for state in (FAILED, DONE):
            for path in sorted((self.folder / state).glob("*.json")):
                record = _parsed(path)
                self._keep(record)

    def get(self, study: str) -> StudyRecord | None:
        """The record of a study, without its images."""
        return self._records.get(study)

    def instances(self, study: str) -> list[str]:
        """The images that a recorded study was made from."""
        return _parsed(self._path(self._records[study])).instances

    def owner(self, case: str) -> str | None:
        """The study whose result a case is."""
        return self._owners.get(case)

    def unsent(self) -> list[StudyRecord]:
        """The studies whose objects no archive has."""
        return [record for record in self._records.values() if record.is_stored is False]

    def begin(self, study: str) -> None:
        """Note that a study is begun."""
        self._begun[study] = self.times_begun(study) + 1
        self.folder.mkdir(exist_ok=True)
        write_json(self.folder / BEGUN, self._begun)

    def times_begun(self, study: str) -> int:
        """How often a study was begun without coming to an end, because the program was killed."""
        return int(self._begun.get(study, 0))

    def end(self, record: StudyRecord) -> None:
        """Record what became of a study; an earlier record of it is replaced."""
        path = self._path(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, asdict(record))
        if not record.reasons:
            self._path(StudyRecord(record.study, reasons=["failed before"])).unlink(missing_ok=True)
        else:
            self._path(StudyRecord(record.study)).unlink(missing_ok=True)
        self._keep(record)
        if self._begun.pop(record.study, None) is not None:
            write_json(self.folder / BEGUN, self._begun)

    def mark_stored(self, study: str) -> None:
        """Record that an archive has the objects of a study."""
        record = _parsed(self._path(self._records[study]))
        record.is_stored = True
        self.end(record)

    @property
    def _owners(self) -> Mapping[str, str]:
        return {case: record.study for record in self._records.values() for case in record.cases}

    def _keep(self, record: StudyRecord) -> None:
        self._records[record.study] = StudyRecord(**{**asdict(record), "instances": []})

    def _path(self, record: StudyRecord) -> Path:
        state = FAILED if record.reasons else DONE
        return self.folder / state / f"{file_name(record.study)}.json"


def file_name(study: str) -> str:
    """The name of a study's files; its UID may hold anything, as it comes from outside."""
    return study if is_uid(study) else f"odd_{hashlib.blake2b(study.encode(), digest_size=8).hexdigest()}"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return dict(content)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it, and its study is done again") from error


def _parsed(path: Path) -> StudyRecord:
    content = _read(path)
    try:
        return StudyRecord(**content)
    except TypeError as error:
        raise InputError(f"{path}: not the record of a study; expected another output folder") from error
