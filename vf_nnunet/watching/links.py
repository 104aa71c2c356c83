"""The files of one study as a folder of links, wherever they lie and whatever lies beside them."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def linked_folder(name: str, paths: Iterable[Path]) -> Iterator[Path]:
    """Yield a folder with a link to each file, which is removed at the end.

    It lies where temporary files are, because shares often allow no links.

    Args:
        name: Name of the folder.
        paths: The files.
    """
    with tempfile.TemporaryDirectory(prefix="vf_nnunet_watch_") as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        for number, path in enumerate(sorted(paths), start=1):
            (folder / f"{number:06d}.dcm").symlink_to(path.absolute())
        yield folder
