"""NRRD and MetaImage files, read with SimpleITK, whose world coordinates are also LPS millimetres.

Assumes millimetres and values in HU (other units, intensity functions and modalities in the header are refused), an
orientation and spacings (refused if absent or not a rotation, a second orientation is compared), an origin (a warning
if absent), and complete voxels (sizes and checksums are compared). Unchecked: a wrong space or matrix that nothing in
the header contradicts, and damage to voxels without a checksum that leaves values of a CT.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.images.compression import check_size, meta_section, nrrd_section
from dataset_conversion.images.header_checks import checked_header
from dataset_conversion.images.interface import ImageFormat
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, ImageHeader

NRRD_ENDINGS = (".nrrd", ".nhdr")
META_ENDINGS = (".mha", ".mhd")

_META_ORIENTATIONS = frozenset({"transformmatrix", "rotation", "orientation"})
_META_SPACINGS = frozenset({"elementspacing", "elementsize"})
_META_ORIGINS = frozenset({"offset", "position", "origin"})
_MILLIMETRES = frozenset({"mm", "millimeter", "millimetre", "millimeters", "millimetres", "???"})
_META_EXPECTED: dict[str, tuple[str, frozenset[str]]] = {
    "ElementToIntensityFunctionSlope": ("1, because ITK does not rescale", frozenset({"1", "1.0"})),
    "ElementToIntensityFunctionOffset": ("0, because ITK does not rescale", frozenset({"0", "0.0", "-0"})),
    "Modality": ("a CT", frozenset({"met_mod_ct", "met_mod_other", "met_mod_unknown", "met_mod_none", ""})),
    "DistanceUnits": ("mm", _MILLIMETRES | {"", "?"}),
}
"""Fields of MetaImage that ITK does not apply: what is expected, and its spellings in lower case."""
_ORIENTATION = "an orientation that tells left from right"
_UNIT_TOLERANCE = 0.01
_NRRD_SPACES = ("left-posterior-superior", "right-anterior-superior", "left-anterior-superior", "lps", "ras", "las")


def read_header(path: Path) -> ImageHeader:
    """Read and check a file's header only.

    Raises:
        InputError: As for `read_image_header`.
    """
    return _check(path, _open(path))


def read(path: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read header and voxels.

    Raises:
        InputError: As for `read_image`.
    """
    import SimpleITK

    reader = _open(path)
    header = _check(path, reader)
    stored = _stored_size(path)
    try:
        array = SimpleITK.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        raise InputError(f"{path}: voxels cannot be read ({reason(error)}); expected a complete file") from error
    if stored is not None:
        check_size(path, stored, array.nbytes, array.shape[-1] * array.itemsize)
    return header, array.reshape(header.shape)


def reason(error: RuntimeError) -> str:
    """The last line of ITK's message, which says what happened. The lines before it say where in ITK's code."""
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
        raise InputError(f"{path}: cannot be read ({reason(error)}); expected an NRRD or MetaImage file") from error
    return reader


def _check(path: Path, reader: Any) -> ImageHeader:
    import SimpleITK

    if reader.GetNumberOfComponents() != 1:
        raise InputError(f"{path}: {reader.GetNumberOfComponents()} values per voxel (colours); expected 1")
    if reader.GetPixelID() in (SimpleITK.sitkComplexFloat32, SimpleITK.sitkComplexFloat64):
        raise InputError(f"{path}: complex voxels; expected real numbers")
    header = checked_header(path, reader.GetSize(), _affine(reader))
    warnings = _check_fields(path, np.array(reader.GetDirection()).reshape(reader.GetDimension(), -1))
    return replace(header, warnings=(*warnings, *header.warnings))


def _affine(reader: Any) -> FloatArray:
    """Voxel index (x, y, z) to LPS mm. A header with fewer axes is padded; the check of its shape refuses it later."""
    dimension = reader.GetDimension()
    size = min(dimension, 3)
    directions = np.array(reader.GetDirection()).reshape(dimension, dimension)
    affine = np.eye(4)
    affine[:size, :size] = (directions * reader.GetSpacing())[:size, :size]
    affine[:size, 3] = reader.GetOrigin()[:size]
    return affine


def _check_fields(path: Path, directions: FloatArray) -> list[str]:
    """Refuse a header that lacks what ITK would replace by a default, or says what ITK does not read.

    Returns:
        What a person should know about the header, one sentence each.
    """
    fields, _ = _text_header(path)
    if not np.allclose(np.linalg.norm(directions, axis=0), 1, atol=_UNIT_TOLERANCE):
        raise InputError(f"{path}: directions {directions.tolist()}; expected columns of length 1")
    return _check_meta(path, fields, directions) if _is_meta(path) else _check_nrrd(path, fields)


def _check_meta(path: Path, fields: dict[str, str], directions: FloatArray) -> list[str]:
    _check_meta_geometry(path, fields)
    for name, (expected, accepted) in _META_EXPECTED.items():
        if name.lower() in fields and fields[name.lower()].lower() not in accepted:
            raise InputError(f"{path}: {name} {fields[name.lower()]}; expected {expected}")
    warnings = [] if _META_ORIGINS & fields.keys() else [f"{path}: no Offset; taken as 0 0 0"]
    words, letters = fields.get("anatomicalorientation", ""), _origin_letters(directions)
    if set(words) <= set("RLAPIS") and len(words) == len(letters) and words != letters:
        warnings.append(
            f"{path}: AnatomicalOrientation {words} contradicts TransformMatrix ({letters}); the matrix is used"
        )
    return warnings


def _check_meta_geometry(path: Path, fields: dict[str, str]) -> None:
    if not _META_ORIENTATIONS & fields.keys():
        raise InputError(f"{path}: no TransformMatrix; expected {_ORIENTATION}")
    if not _META_SPACINGS & fields.keys():
        raise InputError(f"{path}: no ElementSpacing; expected the distances of voxels in mm")
    spacing = fields.get("elementspacing", fields.get("elementsize", ""))
    if "-" in spacing.lower().replace("e-", ""):
        raise InputError(f"{path}: ElementSpacing {spacing}; expected distances above 0 mm")


def _check_nrrd(path: Path, fields: dict[str, str]) -> list[str]:
    if fields.get("space", "").lower() not in _NRRD_SPACES or "space directions" not in fields:
        found = ", ".join(f"{name} {fields.get(name)!r}" for name in ("space", "space directions"))
        raise InputError(
            f"{path}: {found}; expected left-posterior-superior, RAS or LAS with directions, {_ORIENTATION}"
        )
    units = set(fields.get("space units", "").replace('"', "").lower().split())
    if not units <= _MILLIMETRES:
        raise InputError(f"{path}: space units {' '.join(sorted(units))}; expected mm")
    return [] if "space origin" in fields else [f"{path}: no space origin; taken as (0,0,0)"]


def _origin_letters(directions: FloatArray) -> str:
    """Where the stored axes begin, in MetaImage's letters: RAI for an image whose axes run to L, P and S."""
    letters = []
    for direction in directions.T[:3]:
        axis = int(np.argmax(np.abs(direction)))
        letters.append(("RL", "AP", "IS")[axis][int(direction[axis] < 0)])
    return "".join(letters)


def _stored_size(path: Path) -> int | None:
    """Bytes of voxels in the file after decompression, whose checksum is compared; None if they cannot be counted."""
    fields, end = _text_header(path)
    section = meta_section(path, fields, end) if _is_meta(path) else nrrd_section(path, fields, end)
    try:
        return None if section is None else section.decoded_size()
    except OSError as error:
        raise InputError(f"{path}: voxels cannot be read ({error}); expected a complete file") from error


def _is_meta(path: Path) -> bool:
    return path.name.lower().endswith(META_ENDINGS)


def _text_header(path: Path) -> tuple[dict[str, str], int]:
    """The fields of the text header of a file, and its size in bytes."""
    separator = "=" if _is_meta(path) else ":"
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        for line in iter(file.readline, b""):
            if not _is_meta(path) and not line.strip(b"\r\n"):
                break
            name, found, value = line.decode("utf-8", "replace").partition(separator)
            if found:
                fields[name.strip().lower()] = value.strip()
            if _is_meta(path) and name.strip().lower() == "elementdatafile":
                break
        return fields, file.tell()


FORMAT = ImageFormat(endings=(*NRRD_ENDINGS, *META_ENDINGS), read_header=read_header, read=read)
