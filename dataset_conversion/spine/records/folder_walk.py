"""Walk through a folder and its subfolders, following links."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dataset_conversion.spine.records.passed_over import PassedOver


@dataclass
class FolderWalk:
    """What a walk found.

    Attributes:
        folders: The folder and all folders below it.
        files: All files, also broken links.
        passed_over: Links to a folder that is searched anyway, and folders that cannot be opened.
    """

    folders: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)


def walk_folder(root: Path) -> FolderWalk:
    """Find all folders and files below `root`, in the order of their paths.

    Links are followed. Every folder is searched once, by its own path if that lies below `root`, so loops end.
    """
    walk = FolderWalk()
    for one in walk_each(root):
        walk.folders += one.folders
        walk.files += one.files
        walk.passed_over += one.passed_over
    walk.folders.sort()
    walk.files.sort()
    return walk


def walk_each(root: Path) -> Iterator[FolderWalk]:
    """Search as `walk_folder` does, one folder at a time: each walk has one folder, or one link that is passed over."""
    searched: set[Path] = set()
    waiting, links = deque([root]), deque[Path]()
    while waiting or links:
        folder = waiting.popleft() if waiting else links.popleft()
        target = folder.resolve()
        if target in searched or (folder != root and root.resolve().is_relative_to(target)):
            yield FolderWalk(passed_over=[PassedOver(folder, f"a link to {target}, which is searched already")])
            continue
        searched.add(target)
        walk = FolderWalk(folders=[folder])
        _search(folder, walk, waiting.append, links.append)
        yield walk


def _search(folder: Path, walk: FolderWalk, later: Callable[[Path], None], last: Callable[[Path], None]) -> None:
    """Sort the entries of one folder into files, folders and links to folders."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        walk.passed_over.append(PassedOver(folder, f"cannot be opened: {error.strerror}"))
        return
    for entry in entries:
        path = folder / entry.name
        if entry.is_dir():
            (last if entry.is_symlink() else later)(path)
        else:
            walk.files.append(path)
