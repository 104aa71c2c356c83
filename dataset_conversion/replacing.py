"""A folder that appears whole or not at all."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


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
        retired = [folder.rename(folder.with_name(f".{folder.name}.old")) for folder in outdated]
        temporary.rename(target)
        for folder in retired:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
