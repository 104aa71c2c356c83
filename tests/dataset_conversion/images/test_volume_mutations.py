"""No change of an image file alters the CT silently: it is refused, or named in a warning, or the CT is the same."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import to_lps
from tests.dataset_conversion.images.dicom.mutations import trunk

Mutation = Callable[[bytes], bytes]


def nifti_bytes() -> bytes:
    volume = trunk()
    image = nib.Nifti1Image(volume.array.T, to_lps(volume.affine))
    image.set_qform(image.affine, 1)
    image.set_sform(image.affine, 1)
    image.header.set_xyzt_units("mm")
    return bytes(image.to_bytes())


def itk_bytes(path: Path) -> bytes:
    volume = trunk()
    image = SimpleITK.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing[::-1])
    image.SetOrigin(volume.affine[:3, 3].tolist())
    SimpleITK.WriteImage(image, str(path), useCompression=False)
    return path.read_bytes()


def put(*values: tuple[int, str, object]) -> Mutation:
    """Writes values at offsets of a NIfTI header."""

    def change(content: bytes) -> bytes:
        changed = bytearray(content)
        for offset, form, value in values:
            numbers = value if isinstance(value, tuple) else (value,)
            struct.pack_into(f"<{form}", changed, offset, *numbers)
        return bytes(changed)

    return change


def line(name: str, value: str | None) -> Mutation:
    """Sets a line of a text header, or removes it. A new one comes first that the format allows."""

    def change(content: bytes) -> bytes:
        mark = b"ElementDataFile = LOCAL\n" if b"ElementDataFile" in content else b"\n\n"
        end = content.index(mark) + (len(mark) if mark == b"\n\n" else 0)
        lines, rest = content[:end].decode().rstrip("\n").split("\n"), content[end:]
        separator = " = " if b"ElementDataFile" in content else ": "
        kept = [text for text in lines if not text.startswith(name + separator)]
        place = next((n for n, text in enumerate(lines) if text.startswith(name + separator)), len(kept))
        if value is not None:
            kept.insert(place, f"{name}{separator}{value}")
        ending = "\n" if separator == " = " else "\n\n"
        return ("\n".join(kept) + ending).encode() + rest

    return change


def text(old: str, new: str) -> Mutation:
    return lambda content: content.replace(old.encode(), new.encode(), 1)


def data(change: Callable[[bytes], bytes]) -> Mutation:
    """Changes the voxels, which are the last bytes of the file."""
    size = trunk().array.nbytes
    return lambda content: content[:-size] + change(content[-size:])


def voxels(change: Callable[[np.ndarray], np.ndarray]) -> Mutation:
    shape = trunk().array.shape

    def apply(content: bytes) -> bytes:
        return change(np.frombuffer(content, np.int16).reshape(shape).copy()).astype(np.int16).tobytes()

    return data(apply)


def _set(value: int, *where: slice | int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[where] = value
        return array

    return change


def _moved(array: np.ndarray) -> np.ndarray:
    array[10], array[15] = array[15].copy(), array[10].copy()
    return array


DATA: dict[str, Mutation] = {
    "a byte lost": lambda content: content[:-1],
    "half lost": lambda content: content[: len(content) // 2],
    "a row more": lambda content: content + bytes(140),
    "voxels moved by a byte": data(lambda content: content[1:] + content[:1]),
    "a byte lost in the middle": data(lambda content: content[:90000] + content[90001:] + b"\0"),
    "a row lost in the middle": data(lambda content: content[:90000] + content[90140:] + bytes(140)),
    "second half zero": data(lambda content: content[: len(content) // 2] + bytes(len(content) // 2)),
    "second half of air": voxels(_set(-1024, slice(12, 24))),
    "a slice of air": voxels(_set(-1024, 12)),
    "half a slice of air": voxels(_set(-1024, 12, slice(30, 60))),
    "half a slice of water": voxels(_set(0, 12, slice(30, 60))),
    "two slices swapped": voxels(_moved),
    "a slice copied": voxels(lambda array: np.concatenate([array[:12], array[11:12], array[13:]])),
    "a slice inverted": voxels(lambda array: np.concatenate([array[:12], -array[12:13], array[13:]])),
    "upper half inverted": voxels(lambda array: np.concatenate([array[:12], -array[12:]])),
    "upper half + 1000": voxels(lambda array: np.concatenate([array[:12], array[12:] + 1000])),
    "inverted": voxels(lambda array: -array),
    "HU + 1024": voxels(lambda array: array + 1024),
    "bytes swapped": voxels(lambda array: array.byteswap()),
    "a window of 8 bits": voxels(lambda array: np.clip((array + 160) / 400 * 255, 0, 255)),
    "constant": voxels(_set(40, slice(None))),
    "a mask": voxels(lambda array: (array > 200).astype(np.int16)),
    "empty": lambda content: b"",
}

NIFTI: dict[str, Mutation] = {
    **DATA,
    "sform of the other side": put((280, "4f", (1.5, 0.0, 0.0, -50.0))),
    "qform upside down": put((256, "3f", (0.0, 0.0, 0.0))),
    "no codes": put((252, "2h", (0, 0))),
    "no sform": put((254, "h", 0)),
    "no qform": put((252, "h", 0)),
    "other voxel sizes": put((80, "3f", (1.0, 1.0, 3.0))),
    "sform of 1 mm": put((280, "12f", (1.0, 0, 0, 50.0, 0, 1.0, 0, 40.0, 0, 0, 1.0, -200.0))),
    "identity": put(
        (252, "2h", (0, 1)), (80, "3f", (1.0, 1, 1)), (280, "12f", (1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0, 0))
    ),
    "sform of zeros": put((280, "12f", (0.0,) * 12)),
    "sform not finite": put((280, "f", float("nan"))),
    "unit metre": put((123, "b", 1)),
    "unit micron": put((123, "b", 3)),
    "unit unknown": put((123, "b", 0)),
    "unit that does not exist": put((123, "b", 7)),
    "sizes swapped": put((42, "3h", (60, 70, 24))),
    "one slice less": put((46, "h", 23)),
    "one slice more": put((46, "h", 25)),
    "negative size": put((46, "h", -24)),
    "two dimensions": put((40, "h", 2)),
    "four dimensions": put((40, "h", 4), (46, "2h", (12, 2))),
    "unsigned": put((70, "h", 512)),
    "float16 of 16 bits": put((70, "2h", (16, 16))),
    "8 bits": put((70, "2h", (2, 8))),
    "complex": put((70, "2h", (32, 64))),
    "a type that does not exist": put((70, "h", 77)),
    "bits that contradict the type": put((72, "h", 32)),
    "offset 2 later": put((108, "f", 354.0)),
    "offset in the header": put((108, "f", 0.0)),
    "slope 2": put((112, "2f", (2.0, 0.0))),
    "slope 0": put((112, "2f", (0.0, 0.0))),
    "slope -1": put((112, "2f", (-1.0, 0.0))),
    "slope not finite": put((112, "2f", (float("inf"), 0.0))),
    "intercept 1024": put((112, "2f", (1.0, 1024.0))),
    "another magic": put((344, "4s", b"ni1\0")),
    "no magic": put((344, "4s", b"\0\0\0\0")),
    "another header size": put((0, "i", 540)),
    "intent of a label": put((68, "h", 1002)),
    "slice order": put((122, "b", 3)),
    "a description": put((148, "4s", b"\xff\xfe\xff\xfe")),
}

META: dict[str, Mutation] = {
    **DATA,
    "other side": line("TransformMatrix", "-1 0 0 0 1 0 0 0 1"),
    "matrix twice as long": line("TransformMatrix", "2 0 0 0 2 0 0 0 2"),
    "matrix of zeros": line("TransformMatrix", "0 0 0 0 0 0 0 0 0"),
    "no matrix": line("TransformMatrix", None),
    "no spacing": line("ElementSpacing", None),
    "negative spacing": line("ElementSpacing", "-1.5 1.5 2"),
    "spacing in metres": line("ElementSpacing", "0.0015 0.0015 0.002"),
    "spacing of two axes": line("ElementSpacing", "1.5 1.5"),
    "spacing in words": line("ElementSpacing", "one two three"),
    "decimal commas": line("ElementSpacing", "1,5 1,5 2"),
    "contradicting sizes of voxels": line("ElementSize", "1 1 1"),
    "sizes swapped": line("DimSize", "60 70 24"),
    "one slice less": line("DimSize", "70 60 23"),
    "one slice more": line("DimSize", "70 60 25"),
    "unsigned": line("ElementType", "MET_USHORT"),
    "8 bits": line("ElementType", "MET_CHAR"),
    "big endian": line("BinaryDataByteOrderMSB", "True"),
    "no byte order": line("BinaryDataByteOrderMSB", None),
    "compressed": line("CompressedData", "True"),
    "text": line("BinaryData", "False"),
    "another orientation in words": line("AnatomicalOrientation", "LPS"),
    "slope": line("ElementToIntensityFunctionSlope", "2"),
    "offset of intensities": line("ElementToIntensityFunctionOffset", "-1024"),
    "modality MR": line("Modality", "MET_MOD_MR"),
    "two channels": line("ElementNumberOfChannels", "2"),
    "a header size": line("HeaderSize", "100"),
    "two axes": line("NDims", "2"),
    "another centre": line("CenterOfRotation", "10 10 10"),
    "no offset": line("Offset", None),
    "a distance unit": line("DistanceUnits", "cm"),
    "another object": line("ObjectType", "Mesh"),
}

NRRD: dict[str, Mutation] = {
    **DATA,
    "RAS": line("space", "right-anterior-superior"),
    "scanner space": line("space", "scanner-xyz"),
    "no space": line("space", None),
    "no directions": line("space directions", None),
    "directions of zeros": line("space directions", "(0,0,0) (0,0,0) (0,0,0)"),
    "directions not finite": line("space directions", "(nan,0,0) (0,1.5,0) (0,0,2)"),
    "centimetres": line("space units", '"cm" "cm" "cm"'),
    "millimetres": line("space units", '"mm" "mm" "mm"'),
    "contradicting spacings": line("spacings", "1 1 1"),
    "contradicting units": line("units", '"cm" "cm" "cm"'),
    "sizes swapped": line("sizes", "60 70 24"),
    "one slice less": line("sizes", "70 60 23"),
    "one slice more": line("sizes", "70 60 25"),
    "unsigned": line("type", "ushort"),
    "8 bits": line("type", "uchar"),
    "big endian": line("endian", "big"),
    "no endian": line("endian", None),
    "gzip": line("encoding", "gzip"),
    "text": line("encoding", "ascii"),
    "old range": line("old max", "4000"),
    "bytes skipped": line("byte skip", "2"),
    "bytes skipped from the end": line("byte skip", "-1"),
    "lines skipped": line("line skip", "1"),
    "two dimensions": line("dimension", "2"),
    "a vector": line("kinds", "vector domain domain"),
    "no origin": line("space origin", None),
    "cells": line("centerings", "node node node"),
    "a later version": text("NRRD0004", "NRRD0009"),
}

FORMATS = {".nii": NIFTI, ".nii.gz": NIFTI, ".mha": META, ".nrrd": NRRD}

SAME = {
    "another centre",
    "another magic",
    "another object",
    "bits that contradict the type",
    "bytes skipped from the end",
    "cells",
    "contradicting sizes of voxels",
    "no byte order",
    "old range",
    "slope not finite",
    "unit that does not exist",
    "no qform",
    "no sform",
    "unit unknown",
    "slope 0",
    "intent of a label",
    "slice order",
    "a description",
    "millimetres",
}

UNSEEN = {
    "a row lost in the middle": "formats without a checksum: a shift of one row",
    "RAS": "the header has no second statement of the space",
}
"""Changes that nothing in the files contradicts."""


def outcome(path: Path, expected: Volume) -> str:
    try:
        ct = read_ct(path)
    except InputError as error:
        return f"refused: {error}"
    if ct.warnings:
        return f"warned: {ct.warnings}"
    same = ct.array.shape == expected.array.shape and np.array_equal(ct.array, expected.array)
    return "same" if same and np.allclose(ct.affine, expected.affine, atol=1e-3) else "silent"


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("files")
    return {".nii": nifti_bytes(), **{ending: itk_bytes(folder / f"a{ending}") for ending in (".mha", ".nrrd")}}


def write(path: Path, ending: str, content: bytes) -> Path:
    path = path / f"ct{ending}"
    path.write_bytes(gzip.compress(content, 1) if ending == ".nii.gz" else content)
    return path


@pytest.mark.parametrize("ending", FORMATS)
def test_the_unchanged_file(tmp_path: Path, contents: dict[str, bytes], ending: str) -> None:
    assert outcome(write(tmp_path, ending, contents[ending.removesuffix(".gz")]), trunk()) == "same"


@pytest.mark.parametrize(("ending", "name"), [(ending, name) for ending in FORMATS for name in FORMATS[ending]])
def test_no_change_of_a_file_is_silent(tmp_path: Path, contents: dict[str, bytes], ending: str, name: str) -> None:
    path = write(tmp_path, ending, FORMATS[ending][name](contents[ending.removesuffix(".gz")]))
    found = outcome(path, trunk())
    if name in UNSEEN:
        assert found == "silent"
    else:
        assert found == "same" if name in SAME else found.startswith(("refused", "warned"))
