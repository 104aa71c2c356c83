"""The voxels of DICOM slices: complete, in Hounsfield units, with the padding that the tags declare set to air."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.images.itk import reason
from dataset_conversion.spine.bone.hounsfield import AIR
from dataset_conversion.spine.errors import InputError, shortened_list

_PIXEL_DATA = 0x7FE00010
_DEFERRED = 1024
"""Bytes from which an element is not read, only measured."""
_TAGS = ["Rows", "Columns", "SamplesPerPixel", "NumberOfFrames", "BitsAllocated", "PixelData"]
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_END_OF_IMAGE = b"\xff\xd9"
"""The last bytes of a stream of any JPEG standard."""


def read_voxels(folder: Path, slices: Sequence[Slice]) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Read the slices' voxels as Hounsfield units (z, y, x).

    Returns:
        The voxels, and what a person should know about them, one sentence each.

    Raises:
        InputError: If pixel data are missing, incomplete or cannot be decoded; all files at once.
    """
    _check_complete(folder, slices)
    inverted = [found for found in slices if found.photometric == "MONOCHROME1"]
    if inverted:
        array = _read_stored(slices)
        warnings = [f"{folder}: {len(inverted)} of {len(slices)} slices are MONOCHROME1, a way to display; read as HU"]
    else:
        array, warnings = _read_with_itk(folder, slices), []
    array, count = _set_padding(array, slices)
    if count:
        share = 100 * count / array.size
        warnings.append(f"{folder}: {count} voxels ({share:.2g} %) of PixelPaddingValue set to {AIR} HU (air)")
    return array, tuple(warnings)


def _read_with_itk(folder: Path, slices: Sequence[Slice]) -> npt.NDArray[Any]:
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    # Named, because ITK does not recognise every file without preamble.
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileNames([str(found.path) for found in slices])
    if len({found.rescale for found in slices}) > 1:
        # ITK takes the type from the first slice, whose rescaling may be integer while another slice's is not.
        reader.SetOutputPixelType(SimpleITK.sitkFloat32)
    try:
        array: npt.NDArray[Any] = SimpleITK.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        raise InputError(f"{folder}: voxels cannot be read ({reason(error)}); expected complete slices") from error
    return array


def _read_stored(slices: Sequence[Slice]) -> npt.NDArray[Any]:
    """Stored values times slope plus intercept. ITK would invert them first where they are to be shown inverted."""
    import pydicom

    planes = []
    for found in slices:
        try:
            stored = pydicom.dcmread(found.path, force=True).pixel_array
        except Exception as error:  # pydicom's exceptions have no common base class
            raise InputError(
                f"{found.path}: MONOCHROME1 that cannot be decoded ({error}); expected MONOCHROME2 or no compression"
            ) from error
        slope, intercept = found.rescale
        planes.append(stored * np.float32(slope) + np.float32(intercept))
    return np.stack(planes)


def _check_complete(folder: Path, slices: Sequence[Slice]) -> None:
    """Raise one problem for all files with the same one."""
    unusable: dict[str, list[str]] = {}
    for found in slices:
        if problem := _unusable(found):
            unusable.setdefault(problem, []).append(found.path.name)
    if unusable:
        raise InputError(
            [
                f"{folder}: {len(names)} of {len(slices)} slices ({shortened_list(sorted(names), 5)}): {problem}"
                for problem, names in unusable.items()
            ]
        )


def _unusable(found: Slice) -> str | None:
    if found.photometric not in _MONOCHROME:
        return f"PhotometricInterpretation {found.photometric}; expected {' or '.join(_MONOCHROME)}"
    return _incomplete(found.path)


def _incomplete(path: Path) -> str | None:
    """Why the pixel data of a file are not whole, or None."""
    import pydicom
    from pydicom.uid import RLELossless

    try:
        header = pydicom.dcmread(path, defer_size=_DEFERRED, specific_tags=list(_TAGS), force=True)
        if _PIXEL_DATA not in header:
            return "no PixelData; expected the voxels of the slice"
        element = header.get_item(_PIXEL_DATA, keep_deferred=True)
        syntax = header.file_meta.get("TransferSyntaxUID")
        if syntax is None or not syntax.is_compressed:
            return _wrong_length(header, element.length)
        if syntax == RLELossless:
            _ = pydicom.dcmread(path, force=True).pixel_array
            return None
        return _cut_stream(pydicom.dcmread(path, force=True))
    except Exception as error:  # pydicom's exceptions have no common base class
        return f"pixel data cannot be read ({error}); expected a complete DICOM image"


def _wrong_length(header: Any, length: int) -> str | None:
    """The length in bytes, up to less than one row of padding, has to be that of the image."""
    rows, columns = int(header.Rows), int(header.Columns)
    row = columns * int(header.get("SamplesPerPixel") or 1) * int(header.get("BitsAllocated") or 16) // 8
    expected = rows * row * int(header.get("NumberOfFrames") or 1)
    if expected <= length < expected + max(row, 2):
        return None
    return f"PixelData has {length} bytes; expected {expected} for {rows} x {columns} voxels: incomplete or damaged"


def _cut_stream(header: Any) -> str | None:
    """Compressed data without the mark at the end of a JPEG, JPEG-LS or JPEG 2000 stream."""
    from pydicom.encaps import generate_frames

    frames = list(generate_frames(header.PixelData, number_of_frames=int(header.get("NumberOfFrames") or 1)))
    if frames and all(frame.rstrip(b"\0").endswith(_END_OF_IMAGE) for frame in frames):
        return None
    return "compressed PixelData without its end; expected a complete JPEG stream"


def _set_padding(array: npt.NDArray[Any], slices: Sequence[Slice]) -> tuple[npt.NDArray[Any], int]:
    """Set declared padding to air. Padding with a value that tissue can have must reach the edge of the slice."""
    if array.dtype.kind == "u" and any(found.padding for found in slices):
        array = array.astype(np.int32)
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
