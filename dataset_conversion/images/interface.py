"""What every image format offers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.spine.geometry import ImageHeader


@dataclass(frozen=True)
class ImageFormat:
    """Files that one library reads.

    Attributes:
        endings: Lower-case endings of the file names.
        read_header: Reads and checks the header, in a fraction of the time that the voxels need; raises `InputError`.
        read: Reads the header and the voxels in order (z, y, x), rescaled where the file says so; raises `InputError`
            where they are incomplete.
    """

    endings: tuple[str, ...]
    read_header: Callable[[Path], ImageHeader]
    read: Callable[[Path], tuple[ImageHeader, npt.NDArray[Any]]]
