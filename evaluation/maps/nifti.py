"""NIfTI files, opened with messages that a user can act on."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError, HeaderTypeError

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import read_rest
from dataset_conversion.spine.geometry import FloatArray, Geometry
from dataset_conversion.spine.records.nifti_geometry import nifti_affine

UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    zlib.error,
    isal_zlib.error,
    ImageFileError,
    HeaderDataError,
    HeaderTypeError,
)


@dataclass(frozen=True, eq=False)
class VolumeFile(Geometry, ABC):
    """A file whose grid is checked and whose voxels are not read yet.

    Attributes:
        path: The file.
        shape: Number of voxels along (z, y, x).
        affine: 4x4, voxel index (x, y, z) to LPS mm.
    """

    path: Path
    shape: tuple[int, ...]
    affine: FloatArray

    @abstractmethod
    def read(self) -> FloatArray:
        """The voxels as float32 (z, y, x).

        Raises:
            InputError: If the file is truncated or damaged.
        """


@dataclass(frozen=True, eq=False)
class NiftiFile(VolumeFile):
    """A three-dimensional NIfTI file.

    Attributes:
        image: nibabel's image.
    """

    image: Any

    def read(self) -> FloatArray:
        """The voxels as float32 (z, y, x).

        Raises:
            InputError: If the file is truncated or damaged.
        """
        return self._read(lambda voxels: np.asanyarray(voxels, dtype=np.float32))

    def stores(self, dtype: npt.DTypeLike, slope: float) -> bool:
        """Whether the voxels are stored as this type and scaled by this slope alone."""
        stored = self.image.dataobj
        return bool(stored.dtype == dtype and np.float32(stored.slope) == np.float32(slope) and stored.inter == 0)

    def read_stored(self) -> npt.NDArray[Any]:
        """The voxels (z, y, x) as they are stored, not scaled.

        Raises:
            InputError: If the file is truncated or damaged.
        """
        return self._read(lambda voxels: voxels.get_unscaled())

    def _read(self, read: Callable[[Any], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Read the voxels from nibabel's proxy of them."""
        try:
            stored = self._read_compressed(read) if self._is_compressed else read(self.image.dataobj)
        except UNREADABLE as error:
            raise InputError(f"{self.path}: truncated or damaged ({error}); expected a complete NIfTI file") from error
        return np.ascontiguousarray(stored.reshape(self.shape[::-1]).T)

    @property
    def _is_compressed(self) -> bool:
        return isinstance(self.image, nibabel.Nifti1Image) and self.path.name.lower().endswith(".gz")

    def _read_compressed(self, read: Callable[[Any], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        stored = self.image.dataobj
        layout = (stored.shape, stored.dtype, stored.offset, stored.slope, stored.inter)
        with igzip.open(self.path) as stream:
            voxels = read(nibabel.arrayproxy.ArrayProxy(stream, layout, mmap=False))
            read_rest(stream)
        return voxels


def open_nifti(path: Path) -> NiftiFile:
    """Open a NIfTI file and check its header. Trailing axes of length one are dropped.

    Raises:
        InputError: If the file is missing, is not an image, is not three-dimensional or has no usable affine.
    """
    try:
        image: Any = nibabel.load(path)
        affine, _ = nifti_affine(image)
        shape = tuple(int(size) for size in image.shape)
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a NIfTI file") from error
    spatial = shape[:3] if all(size == 1 for size in shape[3:]) else shape
    if len(spatial) != 3 or 0 in spatial:
        raise InputError(f"{path}: shape {shape}; expected a volume with three axes")
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < np.finfo(np.float32).eps:
        raise InputError(f"{path}: affine {affine[:3].tolist()}; expected a finite, invertible matrix")
    return NiftiFile(path, spatial[::-1], affine, image)
