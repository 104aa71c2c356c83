"""The annotation of one reader while it grows: the marks of each case, saved after each action.

A case has a version, which is made from its marks. Who changes a case says which version was changed, so that of two
open pages the second one cannot overwrite what the first one saved. The version is the same after the program was
started again, so that a page that stayed open can go on.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from dataset_conversion.spine.errors import InputError
from vf_nnunet.annotation.mark import Mark
from vf_nnunet.annotation.reading_table import Marks, Reading, as_kept, read_reading, write_reading


class StaleChangeError(Exception):
    """A change of a version of a case that is not the current one."""


class AnnotationSession:
    """The marks of one reader, and the file that keeps them.

    Args:
        path: The table. If it exists, its marks are there from the beginning; cases without a CT stay in it.
        reader: Who reads.
        case_ids: The cases that can be read.

    Raises:
        InputError: If the table is invalid or another reader's.
    """

    def __init__(self, path: Path, reader: str, case_ids: Iterable[str]) -> None:
        self.path, self.reader = path, reader
        self._lock = Lock()
        kept = read_reading(path, reader) if path.exists() else Reading()
        self._patients = dict(kept.patients)
        self._marks: dict[str, Marks] = {**dict.fromkeys(case_ids, ()), **kept.marks}

    def marks(self, case_id: str) -> Marks:
        """The marks of a case, down the spine."""
        return self._marks[case_id]

    def version(self, case_id: str) -> str:
        """The version of a case."""
        return version_of(self._marks[case_id])

    def change(self, case_id: str, version: str, marks: Iterable[Mark]) -> str:
        """Replace the marks of a case and save all.

        Args:
            case_id: The case.
            version: The version that was changed.
            marks: What takes its place.

        Returns:
            The new version.

        Raises:
            StaleChangeError: If the case has another version, unless it already has these marks.
            InputError: If a level occurs twice.
            OSError: If the table cannot be written. Then nothing is changed.
        """
        wanted = as_kept(marks)
        _check_levels(case_id, wanted)
        with self._lock:
            if version_of(wanted) != self.version(case_id):
                if version != self.version(case_id):
                    raise StaleChangeError(case_id)
                changed = {**self._marks, case_id: wanted}
                write_reading(self.path, self.reader, changed, self._patients)
                self._marks = changed
        return version_of(wanted)

    def begin(self, marks: Mapping[str, Sequence[Mark]]) -> None:
        """Take over the marks of the cases that have none yet, such as those of a consensus; saved if there are any.

        Args:
            marks: By case id; other cases than those of the session are passed over.
        """
        new = {case_id: as_kept(marks[case_id]) for case_id in marks if self._marks.get(case_id) == ()}
        if new:
            self._marks |= new
            write_reading(self.path, self.reader, self._marks, self._patients)

    def set_patient(self, case_id: str, patient_id: str) -> None:
        """Record the patient of a case, whom its CT may name. It is saved with the next change."""
        with self._lock:
            self._patients[case_id] = patient_id


def version_of(marks: Marks) -> str:
    """The version of a case with these marks."""
    content = json.dumps([asdict(mark) for mark in marks])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _check_levels(case_id: str, marks: Marks) -> None:
    levels = [mark.vertebra for mark in marks]
    twice = sorted({level for level in levels if levels.count(level) > 1})
    if twice:
        raise InputError(f"case {case_id}: {', '.join(twice)} twice; expected each level once")
