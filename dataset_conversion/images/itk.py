"""NRRD and MetaImage files through SimpleITK, whose world is LPS millimetres as well."""

from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.errors import ConversionError
from dataset_conversion.geometry import FloatArray, ImageHeader
from dataset_conversion.images.header_checks import checked_header
from dataset_conversion.images.image_kind import ImageKind

NRRD_ENDINGS = (".nrrd", ".nhdr")
META_ENDINGS = (".mha", ".mhd")

_NRRD_SPACES = ("left-posterior-superior", "right-anterior-superior", "left-anterior-superior", "lps", "ras", "las")


def read_header(path: Path) -> ImageHeader:
    """Read and check a file's header only.

    Raises:
        ConversionError: see ``read_image_header``.
    """
    return _check(path, _open(path))


def read(path: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read header and voxels.

    Raises:
        ConversionError: see ``read_image``.
    """
    import SimpleITK

    reader = _open(path)
    header = _check(path, reader)
    try:
        array = SimpleITK.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        raise ConversionError(f"{path}: voxels cannot be read ({reason(error)}), wanted a complete file") from error
    return header, array.reshape(header.shape)


def reason(error: RuntimeError) -> str:
    """The last line of what ITK reports, which says what happened; the ones before say where in its code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _open(path: Path) -> Any:
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO("NrrdImageIO" if path.name.lower().endswith(NRRD_ENDINGS) else "MetaImageIO")
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise ConversionError(f"{path}: cannot be read ({reason(error)}), wanted an NRRD or MetaImage file") from error
    return reader


def _check(path: Path, reader: Any) -> ImageHeader:
    import SimpleITK

    if reader.GetNumberOfComponents() != 1:
        raise ConversionError(f"{path}: {reader.GetNumberOfComponents()} values a voxel (colours), wanted 1")
    if reader.GetPixelID() in (SimpleITK.sitkComplexFloat32, SimpleITK.sitkComplexFloat64):
        raise ConversionError(f"{path}: complex voxels, wanted numbers")
    header = checked_header(path, reader.GetSize(), _affine(reader))
    if path.name.lower().endswith(NRRD_ENDINGS):
        _check_space(path)
    return header


def _affine(reader: Any) -> FloatArray:
    """Voxel index (x, y, z) to LPS mm; a header with fewer axes is filled up, for its shape to be found wanting."""
    dimension = reader.GetDimension()
    size = min(dimension, 3)
    directions = np.array(reader.GetDirection()).reshape(dimension, dimension)
    affine = np.eye(4)
    affine[:size, :size] = (directions * reader.GetSpacing())[:size, :size]
    affine[:size, 3] = reader.GetOrigin()[:size]
    return affine


def _check_space(path: Path) -> None:
    """Refuse an NRRD file that ITK would place by default values."""
    fields = _nrrd_fields(path)
    if fields.get("space", "").lower() not in _NRRD_SPACES or "space directions" not in fields:
        found = ", ".join(f"{name} {fields.get(name)!r}" for name in ("space", "space directions"))
        wanted = "left-posterior-superior (or RAS, LAS) with directions, which tell left from right"
        raise ConversionError(f"{path}: {found}, wanted {wanted}")


def _nrrd_fields(path: Path) -> dict[str, str]:
    """The fields of the text at the beginning of an NRRD file, which ends with an empty line."""
    with path.open("rb") as file:
        lines = [line.decode("ascii", "replace").strip() for line in takewhile(bytes.strip, file)]
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


KIND = ImageKind(endings=(*NRRD_ENDINGS, *META_ENDINGS), read_header=read_header, read=read)
