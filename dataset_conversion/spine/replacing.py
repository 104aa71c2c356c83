"""Folders and files that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing_file(target: Path) -> Iterator[Path]:
    """Give a temporary name beside ``target``, whose file takes that name when the block ends well.

    The temporary name keeps the suffixes, since writers choose the format by them.
    """
    temporary = target.with_name(f".tmp.{target.name}")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(target: Path, outdated: Sequence[Path] = ()) -> Iterator[Path]:
    """Give an empty temporary folder beside ``target`` and rename it to ``target`` when the block ends well.

    Args:
        target: the folder to appear.
        outdated: folders that it replaces; they stay as they are when the block fails.
    """
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _replace(target, temporary, outdated)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace(target: Path, temporary: Path, outdated: Sequence[Path]) -> None:
    retired = {folder: folder.with_name(f".{folder.name}.old") for folder in outdated}
    try:
        for folder, aside in retired.items():
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)
        temporary.rename(target)
    except BaseException:
        for folder, aside in retired.items():
            if aside.exists() and not folder.exists():
                aside.rename(folder)
        raise
    for aside in retired.values():
        shutil.rmtree(aside, ignore_errors=True)
