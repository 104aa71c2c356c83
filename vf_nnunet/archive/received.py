"""The folder in which studies from an archive are kept, which is marked so that they are not sent back to it."""

from pathlib import Path

from dataset_conversion.spine.files import write_json

RECEIVED = "received"
"""Folder in the output folder."""
MARK = "from_archive.json"
"""File that marks it."""


def received_folder(output: Path, url: str) -> Path:
    """Make the folder for studies from the archive at `url`, and mark it."""
    folder = output / RECEIVED
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / MARK, {"archive": url})
    return folder


def is_from_archive(folder: Path) -> bool:
    """Whether a folder holds studies that were taken from an archive."""
    return (folder / MARK).is_file()
