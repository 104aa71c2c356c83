"""Write files and folders atomically, and read files to their end."""

import csv
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_BLOCK = 2**20
"""Bytes that are read at a time on the way to the end of a file."""


def read_rest(file: Any) -> int:
    """Read an open file to its end, where that of a compressed one compares its checksum, and count the bytes."""
    return sum(len(block) for block in iter(lambda: file.read(_BLOCK), b""))


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that is renamed to `path` when the block ends without an error.

    The temporary name keeps the suffixes, because writers choose the format by them. It is random, because processes of
    two machines can have one id.
    """
    temporary = path.with_name(f".tmp-{secrets.token_hex(4)}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path, outdated: Sequence[Path] = ()) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path` that is renamed to `path` when the block ends without an error.

    Args:
        path: The folder to write.
        outdated: Folders that it replaces; they stay as they are if the block fails.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _replace(path, temporary, outdated)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: dict[str, Any] | list[Any]) -> None:
    """Write `content` as indented UTF-8 JSON, atomically. NaN raises `ValueError`, because JSON has no NaN."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a comma-separated table with one header line, atomically; None becomes an empty cell."""
    with atomic_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _replace(path: Path, temporary: Path, outdated: Sequence[Path]) -> None:
    """Rename `temporary` to `path`; on failure the outdated folders are put back."""
    retired = {folder: folder.with_name(f".{folder.name}.old") for folder in outdated}
    try:
        for folder, aside in retired.items():
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)
        temporary.rename(path)
    except BaseException:
        for folder, aside in retired.items():
            if aside.exists() and not folder.exists():
                aside.rename(folder)
        raise
    for aside in retired.values():
        shutil.rmtree(aside, ignore_errors=True)
