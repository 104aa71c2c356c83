"""The voxels of DICOM slices: complete, in Hounsfield units, with the padding that the tags declare set to air.

pydicom's decoders read all transfer syntaxes, with the libraries that they find installed (`DECODERS`).
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.images.dicom.files import ignored_violations
from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.spine.bone.hounsfield import AIR
from dataset_conversion.spine.errors import InputError, first_line, shortened_list
from dataset_conversion.spine.image_source import ImageSource

DECODERS = "python-gdcm pylibjpeg pylibjpeg-openjpeg pylibjpeg-rle"
"""Packages with which pydicom decodes every compressed transfer syntax of CT."""

_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_END_OF_IMAGE = b"\xff\xd9"
"""The last bytes of a stream of any JPEG standard."""


def read_voxels(source: ImageSource, slices: Sequence[Slice]) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Read the slices' voxels as Hounsfield units (z, y, x).

    Returns:
        The voxels, int16 if every value is a whole number that fits, and what a person should know about them, one
        sentence each.

    Raises:
        InputError: If pixel data are missing, incomplete or cannot be decoded; all files at once.
    """
    array = _read_all(source, slices)
    inverted = sum(found.photometric == "MONOCHROME1" for found in slices)
    warnings = []
    if inverted:
        warnings.append(f"{source}: {inverted} of {len(slices)} slices are MONOCHROME1, a way to display; read as HU")
    array, count = _set_padding(array, slices)
    if count:
        share = 100 * count / array.size
        warnings.append(f"{source}: {count} voxels ({share:.2g} %) of PixelPaddingValue set to {AIR} HU (air)")
    return array, tuple(warnings)


def _read_all(source: ImageSource, slices: Sequence[Slice]) -> npt.NDArray[Any]:
    columns, rows = slices[0].size
    whole = all(float(number).is_integer() for found in slices for number in found.rescale)
    array: npt.NDArray[Any] = np.empty((len(slices), rows, columns), np.int16 if whole else np.float32)
    unusable: dict[str, list[str]] = {}
    for number, plane in _planes(slices):
        if isinstance(plane, str):
            unusable.setdefault(plane, []).append(slices[number].name)
            continue
        if array.dtype == np.int16 and not _fits(plane):
            array = array.astype(np.float32)
        array[number] = plane
    if unusable:
        raise InputError(
            [
                f"{source}: {len(names)} of {len(slices)} slices ({shortened_list(sorted(names), 5)}): {problem}"
                for problem, names in unusable.items()
            ]
        )
    return array


def _planes(slices: Sequence[Slice]) -> Iterator[tuple[int, npt.NDArray[Any] | str]]:
    """The number of each slice with its Hounsfield units, or with what is wrong. A file of many frames is read once."""
    by_file = groupby(enumerate(slices), key=lambda pair: pair[1].path)
    for _, group in by_file:
        header: Any = None
        for number, found in group:
            try:
                header = header or open_pixels(found)
                yield number, _hounsfield(header, found)
            except InputError as error:
                yield number, str(error)


def open_pixels(found: Slice) -> Any:
    """The whole file of a slice.

    Raises:
        InputError: If it cannot be read, or its pixel data are missing or have another size than the image.
    """
    import pydicom

    try:
        with ignored_violations():
            header = pydicom.dcmread(found.path, force=True)
            if "PixelData" not in header:
                raise InputError("no PixelData; expected the voxels of the slice")
            _set_defaults(header)
            size = len(header.PixelData)
            is_compressed = header.file_meta.TransferSyntaxUID.is_encapsulated
    except InputError:
        raise
    except Exception as error:  # pydicom's exceptions have no common base class
        raise _undecodable(error) from error
    if not is_compressed:
        _check_length(header, size)
    return header


def _set_defaults(header: Any) -> None:
    """Set what a decoder needs and files from old exports and anonymisers lack."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    if "TransferSyntaxUID" not in header.file_meta:
        implicit, little = header.original_encoding
        plain = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else plain
    bits = int(header.get("BitsAllocated") or 16)
    defaults = {
        "SamplesPerPixel": 1,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "PixelRepresentation": 0,
        "PhotometricInterpretation": "MONOCHROME2",
    }
    for name, value in defaults.items():
        if header.get(name) in (None, ""):
            setattr(header, name, value)


def stored_values(header: Any, found: Slice) -> npt.NDArray[Any]:
    """The stored values (rows, columns) of a slice in its file.

    Raises:
        InputError: If they cannot be decoded.
    """
    from pydicom.pixels import pixel_array
    from pydicom.uid import RLELossless

    syntax = header.file_meta.TransferSyntaxUID
    _check_decoder(syntax)
    try:
        with ignored_violations():
            if syntax.is_encapsulated and syntax != RLELossless:
                _check_end(header, found)
            stored: npt.NDArray[Any] = pixel_array(header, index=found.frame or 0)
    except InputError:
        raise
    except Exception as error:
        raise _undecodable(error) from error
    if stored.shape != found.size[::-1]:
        raise InputError(f"voxels of shape {stored.shape}; expected {found.size[::-1]} as in the header")
    return stored


def _hounsfield(header: Any, found: Slice) -> npt.NDArray[Any]:
    if found.photometric not in _MONOCHROME:
        raise InputError(f"PhotometricInterpretation {found.photometric}; expected {' or '.join(_MONOCHROME)}")
    stored = stored_values(header, found)
    slope, intercept = found.rescale
    if slope.is_integer() and intercept.is_integer():
        return stored.astype(np.int64) * int(slope) + int(intercept)
    return stored * np.float32(slope) + np.float32(intercept)


def _fits(plane: npt.NDArray[Any]) -> bool:
    limits = np.iinfo(np.int16)
    return bool(plane.min() >= limits.min and plane.max() <= limits.max)


def _undecodable(error: Exception) -> InputError:
    text = first_line(str(error))
    return InputError(f"pixel data cannot be read ({text}); expected a complete DICOM image")


def _check_decoder(syntax: Any) -> None:
    from pydicom.pixels import get_decoder

    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise InputError(f"transfer syntax {syntax.name}; expected one of CT images that pydicom reads") from error
    if not decoder.is_available:
        raise InputError(f"transfer syntax {syntax.name} without a decoder; expected it: pip install {DECODERS}")


def _check_length(header: Any, length: int) -> None:
    """The length in bytes, up to less than one row of padding, has to be that of the image."""
    rows, columns = int(header.Rows), int(header.Columns)
    row = columns * int(header.get("SamplesPerPixel") or 1) * int(header.get("BitsAllocated") or 16) // 8
    expected = rows * row * int(header.get("NumberOfFrames") or 1)
    if not expected <= length < expected + max(row, 2):
        raise InputError(
            f"PixelData has {length} bytes; expected {expected} for {rows} x {columns} voxels: incomplete or damaged"
        )


def _check_end(header: Any, found: Slice) -> None:
    """Refuse data without the mark at the end of a JPEG, JPEG-LS or JPEG 2000 stream, which decoders fill up."""
    from pydicom.encaps import get_frame

    count = int(header.get("NumberOfFrames") or 1)
    offsets = _extended_offsets(header)
    stream = get_frame(header.PixelData, found.frame or 0, number_of_frames=count, extended_offsets=offsets)
    if not stream.rstrip(b"\0").endswith(_END_OF_IMAGE):
        raise InputError("compressed PixelData without its end; expected a complete JPEG stream")


def _extended_offsets(header: Any) -> tuple[bytes, bytes] | None:
    if "ExtendedOffsetTable" not in header or "ExtendedOffsetTableLengths" not in header:
        return None
    return header.ExtendedOffsetTable, header.ExtendedOffsetTableLengths


def _set_padding(array: npt.NDArray[Any], slices: Sequence[Slice]) -> tuple[npt.NDArray[Any], int]:
    """Set declared padding to air. Padding with a value that tissue can have must reach the edge of the slice."""
    count = 0
    for plane, found in zip(array, slices, strict=True):
        if found.padding is None or found.padding == (AIR, AIR):
            continue
        low, high = found.padding
        tolerance = abs(found.rescale[0]) / 4
        mask = (plane >= low - tolerance) & (plane <= high + tolerance) & (plane != AIR)
        if high >= AIR:
            mask = _reaching_edge(mask)
        if mask.any():
            plane[mask] = AIR
            count += int(mask.sum())
    return array, count


def _reaching_edge(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The connected parts of a mask that touch the border of the slice."""
    labels, _ = ndimage.label(mask)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return np.isin(labels, border[border > 0])
