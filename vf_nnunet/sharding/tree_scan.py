"""Make a manifest from a folder tree. What was found is kept on the way, so that an interrupted search continues."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from dataset_conversion.images.pairing import EXPECTED_IMAGES, images_among
from dataset_conversion.images.studies.case_ids import case_ids
from dataset_conversion.images.studies.find import find_studies
from dataset_conversion.images.studies.selection import DEFAULT_SELECTION
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.image_source import DicomSeries, ImageSource
from dataset_conversion.spine.records.folder_walk import FolderWalk, walk_each
from dataset_conversion.spine.records.passed_over import PassedOver
from vf_nnunet.screening.provenance import files_of
from vf_nnunet.screening.sources import cases_by_name
from vf_nnunet.sharding.manifest import ManifestCase, write_manifest

PROGRESS_SECONDS = 10.0
"""Time between two lines of progress."""
NAMED_FILES = 3


@dataclass
class Scan:
    """What a search found so far.

    Attributes:
        names: Name of each CT by its path.
        files: Size in bytes and time of the last change of each CT, by its path.
        studies: Folders with a CT of a DICOM study, by its UID.
        problems: What is wrong with folders.
        passed_over: Number of files by the reason for which they are not predicted.
        examples: The first of them.
    """

    names: dict[Path, str] = field(default_factory=dict)
    files: dict[Path, tuple[int, int]] = field(default_factory=dict)
    studies: dict[str, list[Path]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, entry: dict[str, Any]) -> None:
        """Take in what one folder holds, as `_search` describes it."""
        for path, name, size, mtime, study in entry["images"]:
            self.names[Path(path)] = name
            self.files[Path(path)] = (size, mtime)
            if study:
                self.studies.setdefault(study, []).append(Path(path))
        self.problems += entry["problems"]
        self.pass_over(entry["passed_over"])

    def pass_over(self, counts: Mapping[str, tuple[int, Sequence[str]]]) -> None:
        """Count files that are passed over, as `_counts` gives them."""
        for reason, (count, examples) in counts.items():
            self.passed_over[reason] += count
            known = self.examples.setdefault(reason, [])
            known += examples[: NAMED_FILES - len(known)]


def make_manifest(folder: Path, path: Path) -> list[ManifestCase]:
    """Find the CTs of a folder and its subfolders, as `vf_nnunet predict` does, and write them as a manifest.

    Archives are not opened, and each folder of DICOM slices gives one CT at most: a row is a file or a folder.

    Folders that were searched are noted in a file beside the manifest, which goes when that is written. Killed at any
    moment, the search continues there; a folder that was changed in between is searched anew. What is passed over is
    said on standard error.

    Args:
        folder: The folder.
        path: The manifest to write.

    Raises:
        InputError: If the folder does not exist or has no CT, two CTs have one name, a folder has CTs of several
            studies, or the slices of a CT lie in several folders.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the folder with the CTs, or a manifest of them")
    root = folder.absolute()
    notes = path.with_name(f".{path.name}.search")
    scan = Scan()
    path.parent.mkdir(parents=True, exist_ok=True)
    with _continued(notes, root) as stream:
        known = _known(notes)
        progress = _Progress(folder)
        for walk in walk_each(root):
            entry = known.get(_key(walk)) or _search(walk, root, stream)
            scan.add(entry)
            progress.show(len(scan.names))
    cases = _cases(folder, root, scan)
    write_manifest(path, cases)
    notes.unlink(missing_ok=True)
    return cases


def _cases(folder: Path, root: Path, scan: Scan) -> list[ManifestCase]:
    _choose_of_studies(root, scan)
    if scan.problems:
        raise InputError(scan.problems)
    for reason, count in scan.passed_over.items():
        others = shortened_list([*scan.examples[reason], *[""] * (count - len(scan.examples[reason]))], NAMED_FILES)
        sys.stderr.write(f"warning: {folder}: passed over ({reason}): {others}\n")
    if not scan.names:
        raise InputError(f"{folder}: no image found; expected {EXPECTED_IMAGES}")
    named = cases_by_name(root, dict(sorted(scan.names.items())))
    return [ManifestCase(case, str(path), *scan.files[path]) for case, path in named.items() if isinstance(path, Path)]


def _choose_of_studies(root: Path, scan: Scan) -> None:
    """Keep one CT of each study that has CTs in several folders."""
    for folders in scan.studies.values():
        if len(folders) == 1:
            continue
        found = find_studies(folders)
        taken = {one.folder for one in found.series}
        scan.problems += [
            f"{folder}: slices of one CT in several folders; expected them in one: move them together"
            for folder in sorted(taken - set(folders))
        ]
        scan.pass_over(_counts(found.passed_over, root))
        for folder in folders:
            if folder not in taken:
                scan.names.pop(folder, None)


class _Progress:
    """A line on standard error from time to time."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._next, self._folders = folder, time.monotonic() + PROGRESS_SECONDS, 0

    def show(self, found: int) -> None:
        self._folders += 1
        if time.monotonic() >= self._next:
            sys.stderr.write(f"{self._folder}: {found} CTs in {self._folders} folders so far\n")
            self._next = time.monotonic() + PROGRESS_SECONDS


def _key(walk: FolderWalk) -> str:
    """A folder and the time of its last change; empty for what is not a folder."""
    if not walk.folders:
        return ""
    return f"{walk.folders[0]} {os.stat(walk.folders[0]).st_mtime_ns} {len(walk.files)}"


def _search(walk: FolderWalk, root: Path, stream: TextIO) -> dict[str, Any]:
    """What one folder holds, which is noted."""
    found = find_studies(folder for folder in walk.folders if not folder.name.startswith("."))
    images, passed_over = images_among((path for path in walk.files if path not in found.scan.files), root)
    series = case_ids(found.series, DEFAULT_SELECTION) if len(found.series) == 1 else {}
    entry = {
        "folder": _key(walk),
        "images": [_image(source, name) for source, name in (*series.items(), *images.items())],
        "passed_over": _counts([*walk.passed_over, *found.passed_over, *passed_over], root),
        "problems": [] if len(found.series) <= 1 else [_of_several_studies(walk.folders[0], len(found.series))],
    }
    stream.write(json.dumps(entry) + "\n")
    stream.flush()
    return entry


def _of_several_studies(folder: Path, count: int) -> str:
    return f"{folder}: CTs of {count} studies; expected a folder for each, or vf_nnunet predict without shards"


def _image(source: ImageSource, name: str) -> tuple[str, str, int, int, str]:
    path, study = (source.folder, source.study_uid) if isinstance(source, DicomSeries) else (source, "")
    states = [file.stat() for file in files_of(source).values()]
    size, changed = sum(state.st_size for state in states), max((state.st_mtime for state in states), default=0)
    return str(path), name, size, int(changed), study


def _counts(passed_over: Iterable[PassedOver], root: Path) -> dict[str, tuple[int, list[str]]]:
    by_reason: dict[str, list[str]] = {}
    for one in passed_over:
        by_reason.setdefault(one.reason, []).append(str(one.path.relative_to(root)))
    return {reason: (len(names), names[:NAMED_FILES]) for reason, names in by_reason.items()}


def _continued(notes: Path, root: Path) -> TextIO:
    """The notes, open for more; those of another folder are thrown away."""
    header = json.dumps({"root": str(root)})
    if next(_lines(notes), None) != json.loads(header):
        notes.write_text(header + "\n", encoding="utf-8")
    stream = notes.open("a", encoding="utf-8")
    stream.write("\n")  # after a line that was cut off
    return stream


def _known(notes: Path) -> dict[str, dict[str, Any]]:
    return {entry["folder"]: entry for entry in _lines(notes) if entry.get("folder")}


def _lines(notes: Path) -> Iterator[dict[str, Any]]:
    """The lines that are whole."""
    if not notes.is_file():
        return
    with notes.open(encoding="utf-8") as stream:
        for line in stream:
            try:
                content = json.loads(line)
            except ValueError:
                continue
            if isinstance(content, dict):
                yield content
