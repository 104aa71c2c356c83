"""Records of files, by which a result can tell whether it was made from the present files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError


@dataclass(frozen=True)
class FileRecord:
    """A file as it was when it was used.

    Attributes:
        size: Size in bytes.
        modified_ns: Time of the last change, in nanoseconds since 1970.
        sha256: SHA-256 of the content.
    """

    size: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class GroupRecord:
    """Several files that belong together, such as the slices of a series, as they were when they were used.

    Attributes:
        files: Number of files.
        bytes: Their size in bytes.
        times_sha256: SHA-256 of their names, sizes and times of the last change.
        sha256: SHA-256 of their names and contents.
    """

    files: int
    bytes: int
    times_sha256: str
    sha256: str


def record_file(path: Path) -> FileRecord:
    """Record a file, which is read once.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        status = path.stat()
        with path.open("rb") as file:
            return FileRecord(status.st_size, status.st_mtime_ns, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a readable file") from error


def is_unchanged(record: FileRecord, path: Path) -> bool:
    """Whether a file is the recorded one.

    A file with the recorded size and time counts as the same without being read. If the time differs, as in a copy, the
    SHA-256 decides.
    """
    status = path.stat()
    if status.st_size != record.size:
        return False
    return status.st_mtime_ns == record.modified_ns or record_file(path).sha256 == record.sha256


def digest_of_files(records: Mapping[str, FileRecord]) -> str:
    """One SHA-256 of the names and contents of all files, the same on every machine."""
    lines = "".join(f"{name} {records[name].sha256}\n" for name in sorted(records))
    return hashlib.sha256(lines.encode()).hexdigest()


def record_group(paths: Mapping[str, Path]) -> GroupRecord:
    """Record files by name; each is read once.

    Raises:
        InputError: If one cannot be read.
    """
    records = {name: record_file(path) for name, path in paths.items()}
    size = sum(record.size for record in records.values())
    return GroupRecord(len(records), size, _digest_of_times(paths), digest_of_files(records))


def is_group_unchanged(record: GroupRecord, paths: Mapping[str, Path]) -> bool:
    """Whether files are the recorded ones; as in `is_unchanged`, contents are read only if a time differs."""
    if (len(paths), sum(path.stat().st_size for path in paths.values())) != (record.files, record.bytes):
        return False
    return _digest_of_times(paths) == record.times_sha256 or record_group(paths).sha256 == record.sha256


def digest_of_json(content: Any) -> str:
    """SHA-256 of JSON content, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _digest_of_times(paths: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name in sorted(paths):
        status = paths[name].stat()
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
