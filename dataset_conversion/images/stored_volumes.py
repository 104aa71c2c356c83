"""Volumes that were read and checked, kept uncompressed on disk until they are needed again."""

import hashlib
import shutil
from pathlib import Path

import numpy as np

from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.image_source import ImageSource

LEAST_FREE = 2_000_000_000
"""Bytes of the disk that stay free; volumes for which there is no room are read again from their files."""


def store_volume(folder: Path, source: ImageSource, volume: Volume) -> None:
    """Keep a volume in `folder`, if the disk has room.

    Args:
        folder: An existing folder.
        source: What the volume was read from.
        volume: The volume.
    """
    array, affine = _paths(folder, source)
    try:
        if shutil.disk_usage(folder).free - volume.array.nbytes >= LEAST_FREE:
            np.save(affine, volume.affine)
            np.save(array, volume.array)
    except OSError:
        array.unlink(missing_ok=True)


def take_volume(folder: Path, source: ImageSource) -> Volume | None:
    """Read a volume back and remove it from `folder`; None if it is not there. Its warnings are not kept."""
    array, affine = _paths(folder, source)
    if not array.is_file():
        return None
    volume = Volume(np.load(array), np.load(affine))
    array.unlink()
    return volume


def _paths(folder: Path, source: ImageSource) -> tuple[Path, Path]:
    name = hashlib.sha256(str(source).encode()).hexdigest()
    return folder / f"{name}.npy", folder / f"{name}_affine.npy"
