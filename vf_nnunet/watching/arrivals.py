"""The files of a folder by study, and since when each study has been still. The folder is only read."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dataset_conversion.images.dicom.files import is_dicom, read_dicom_header
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.folder_walk import walk_folder
from dataset_conversion.spine.records.passed_over import PassedOver

DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
"""SOP class of a DICOMDIR, which belongs to no study."""
CT = "CT"
_TAGS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "Modality")
_DIGEST_BYTES = 8


class _Seen(NamedTuple):
    """A file as it was when it was seen last. Small, because there is one for each file of the folder.

    Attributes:
        size: Bytes.
        modified_ns: Time of the last change.
        study: StudyInstanceUID; empty for a file that belongs to no study.
        instance: Digest of SOPInstanceUID and size for a CT image; empty for other objects.
        reason: Why it belongs to no study.
    """

    size: int
    modified_ns: int
    study: str = ""
    instance: str = ""
    reason: str = ""


@dataclass
class Study:
    """The files of a study.

    Attributes:
        uid: StudyInstanceUID.
        changed: When one of its files was last seen to have changed.
        paths: All its files.
        instances: Digests of SOPInstanceUID and size of its CT images. Copies of an image count once.
    """

    uid: str
    changed: float
    paths: set[Path] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)


class Arrivals:
    """What has arrived in a folder.

    It is polled, because network shares do not tell of changes. Times are those at which changes were seen, because the
    times of files are those of their sources or of other clocks.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self._files: dict[Path, _Seen] = {}
        self._changed: dict[str, float] = {}
        self._others_changed = 0.0

    def poll(self, now: float) -> None:
        """Look at the folder. What cannot be read is named in `problems`, and looked at again the next time.

        Args:
            now: The present time in seconds, by any clock.
        """
        walk = walk_folder(self.folder)
        walk_problems = [f"{item.path}: {item.reason}" for item in walk.passed_over if "cannot" in item.reason]
        self.problems = list(walk_problems)
        present: set[Path] = set()
        for path in walk.files:
            if self._is_hidden(path):
                continue
            present.add(path)
            try:
                self._look(path, now)
            except FileNotFoundError:
                present.discard(path)
            except OSError as error:
                self.problems.append(f"{path}: cannot be read: {error.strerror}")
        # Files in a folder that cannot be opened for a moment are not deleted.
        if not walk_problems:
            for path in self._files.keys() - present:
                self._note_change(self._files.pop(path), now)

    def studies(self) -> list[Study]:
        """All studies, the one that has been still longest first."""
        studies: dict[str, Study] = {}
        for path, seen in self._files.items():
            if seen.study:
                study = studies.setdefault(seen.study, Study(seen.study, self._changed[seen.study]))
                study.paths.add(path)
                study.instances.update([seen.instance] if seen.instance else [])
        # A study whose files were all deleted is forgotten.
        self._changed = {uid: self._changed[uid] for uid in studies}
        return sorted(studies.values(), key=lambda study: (study.changed, study.uid))

    def others(self) -> tuple[list[PassedOver], float]:
        """The files that belong to no study, and when this last changed."""
        return [PassedOver(path, seen.reason) for path, seen in self._files.items() if seen.reason], (
            self._others_changed
        )

    def _is_hidden(self, path: Path) -> bool:
        return any(part.startswith(".") for part in path.relative_to(self.folder).parts)

    def _look(self, path: Path, now: float) -> None:
        status = path.stat()
        before = self._files.get(path)
        if before is not None and (before.size, before.modified_ns) == (status.st_size, status.st_mtime_ns):
            return
        seen = _read(path, status.st_size, status.st_mtime_ns)
        for one in (before, seen):
            if one is not None:
                self._note_change(one, now)
        self._files[path] = seen

    def _note_change(self, seen: _Seen, now: float) -> None:
        if seen.study:
            self._changed[seen.study] = now
        elif seen.reason:
            self._others_changed = now


def _read(path: Path, size: int, modified_ns: int) -> _Seen:
    with path.open("rb"):  # a file that cannot be opened now is not one that is not DICOM
        pass
    if not is_dicom(path):
        return _Seen(size, modified_ns, reason="not DICOM")
    try:
        header = read_dicom_header(path, _TAGS)
    except InputError as error:
        return _Seen(size, modified_ns, reason=str(error))
    if header.get("SOPClassUID") == DIRECTORY_CLASS:
        return _Seen(size, modified_ns)
    study = str(header.get("StudyInstanceUID") or "")
    if not study:
        return _Seen(size, modified_ns, reason="no StudyInstanceUID")
    is_ct = header.get("Modality") == CT
    return _Seen(size, modified_ns, study, _digest(header.get("SOPInstanceUID"), size) if is_ct else "")


def _digest(uid: object, size: int) -> str:
    return hashlib.blake2b(f"{uid} {size}".encode(), digest_size=_DIGEST_BYTES).hexdigest()


def is_news(instances: Iterable[str], known: Iterable[str]) -> bool:
    """Whether there are images that were not there when a study was taken; deleted ones are no news."""
    return not set(instances) <= set(known)
