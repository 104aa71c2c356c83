"""What every kind of image offers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.spine.geometry import ImageHeader


@dataclass(frozen=True)
class ImageKind:
    """Files that one library reads.

    Attributes:
        endings: Of the file names, in small letters; empty for a kind that is a folder.
        read_header: What the header tells, in a fraction of the time that the voxels need; raises InputError.
        read: The header, and the voxels as stored in order (z, y, x), rescaled where the file says so; raises
            InputError where they are incomplete.
    """

    endings: tuple[str, ...]
    read_header: Callable[[Path], ImageHeader]
    read: Callable[[Path], tuple[ImageHeader, npt.NDArray[Any]]]
