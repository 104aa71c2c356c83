"""Ways in which a DICOM series is changed on its way from the scanner, for a test that none of them is silent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEG2000Lossless, SecondaryCaptureImageStorage

from dataset_conversion.images.volume import Volume
from tests.dataset_conversion.conftest import decimals, dicom_slice

Files = dict[str, bytes | Dataset]
"""Name and content of the files of a folder."""

SHAPE = (24, 60, 70)


def trunk() -> Volume:
    """A trunk of 48 x 90 x 105 mm that differs from slice to slice and from side to side, with noise."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
    radius = np.hypot(x / (1 + 0.15 * z), y)
    values = np.where(radius < 0.8, 50.0, np.where(radius < 0.92, -100.0, -1000.0))
    values = np.where(np.hypot(x + 0.3, y + 0.3 - 0.2 * z) < 0.25 * (1.2 + z), -850.0, values)
    values = np.where(np.hypot(x - 0.2 * z, y - 0.4) < 0.2, 350.0 + 100 * np.sin(12 * z), values)
    noise = np.random.default_rng(0).normal(0, 15, SHAPE)
    affine = np.diag([1.5, 1.5, 2.0, 1.0])
    affine[:3, 3] = (-50.0, -40.0, -200.0)
    return Volume((values + noise).round().clip(-1024, 3071).astype(np.int16), affine)


def series(volume: Volume) -> list[Dataset]:
    """The slices as a scanner writes them, with the elements that describe the acquisition."""
    slices = []
    for number, rows in enumerate(volume.array):
        header = dicom_slice(volume, number, rows)
        header.SpecificCharacterSet = "ISO_IR 100"
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.9.{number + 1}"
        header.PatientID, header.PatientName, header.PatientPosition = "P1", "Doe^Jane", "HFS"
        header.StudyInstanceUID, header.SeriesInstanceUID, header.FrameOfReferenceUID = "1.2.1", "1.2.3", "1.2.2"
        header.SeriesNumber, header.AcquisitionNumber, header.InstanceNumber = 2, 1, number + 1
        header.ConvolutionKernel, header.KVP, header.RescaleType = "B30f", 120, "HU"
        header.SliceThickness = header.SpacingBetweenSlices = 2.0
        header.SliceLocation = header.ImagePositionPatient[2]
        header.ReconstructionDiameter, header.GantryDetectorTilt = 1.5 * rows.shape[1], 0
        slices.append(header)
    return slices


def stored(header: Dataset) -> npt.NDArray[np.uint16]:
    """The stored values of a slice."""
    return np.frombuffer(header.PixelData, np.uint16).reshape(header.Rows, header.Columns).copy()


def write(folder: Path, slices: list[Any]) -> Path:
    """Write slices, and bytes as they are, under names whose order tells nothing."""
    folder.mkdir(parents=True)
    for number, content in enumerate(slices):
        path = folder / f"{(number * 7) % 97:02d}.dcm"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save_as(path, enforce_file_format=True)
    return folder


def encoded(header: Dataset) -> bytes:
    """The bytes of a file."""
    from io import BytesIO

    buffer = BytesIO()
    header.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


Mutation = Callable[[list[Any]], Any]


def each(**elements: object) -> Mutation:
    """Sets elements in all slices; a function is given the slice's number."""

    def change(slices: list[Any]) -> None:
        for number, header in enumerate(slices):
            _set(header, number, elements)

    return change


def some(first: int, last: int, **elements: object) -> Mutation:
    """Sets elements in the slices from `first` to below `last`."""

    def change(slices: list[Any]) -> None:
        for number in range(first, last):
            _set(slices[number], number, elements)

    return change


def _set(header: Dataset, number: int, elements: dict[str, object]) -> None:
    for name, value in elements.items():
        found = value(number) if callable(value) else value
        if found is None:
            if name in header:
                delattr(header, name)
        else:
            setattr(header, name, found)


def drop(*numbers: int) -> Mutation:
    def change(slices: list[Any]) -> None:
        for number in sorted(numbers, reverse=True):
            del slices[number]

    return change


def pixels(change: Callable[[npt.NDArray[np.uint16]], npt.NDArray[Any]], *numbers: int) -> Mutation:
    """Changes the stored values of slices."""

    def apply(slices: list[Any]) -> None:
        for number in numbers:
            slices[number].PixelData = change(stored(slices[number])).astype(np.uint16).tobytes()

    return apply


def copy_pixels(first: int, second: int) -> Mutation:
    def change(slices: list[Any]) -> None:
        slices[second].PixelData = slices[first].PixelData

    return change


def swap_pixels(first: int, second: int) -> Mutation:
    def change(slices: list[Any]) -> None:
        one, other = slices[first], slices[second]
        one.PixelData, other.PixelData = other.PixelData, one.PixelData

    return change


def duplicate(number: int, **elements: object) -> Mutation:
    def change(slices: list[Any]) -> None:
        from copy import deepcopy

        slices.append(deepcopy(slices[number]))
        _set(slices[-1], number, elements)

    return change


def cut(number: int, share: float) -> Mutation:
    def change(slices: list[Any]) -> None:
        content = encoded(slices[number])
        slices[number] = content[: int(len(content) * share)]

    return change


def relabelled(syntax: str, *numbers: int) -> Mutation:
    """Writes another transfer syntax over that of the file."""

    def change(slices: list[Any]) -> None:
        for number in numbers:
            content, label = encoded(slices[number]), b"1.2.840.10008.1.2.1\0"
            name = syntax.encode().ljust(len(label), b"\0")
            slices[number] = content.replace(label, name[: len(label)], 1)

    return change


def reverse(name: str) -> Mutation:
    def change(slices: list[Any]) -> None:
        values = [getattr(header, name) for header in slices]
        for header, value in zip(slices, reversed(values), strict=True):
            setattr(header, name, value)

    return change


def reverse_part(first: int, last: int, name: str = "PixelData") -> Mutation:
    def change(slices: list[Any]) -> None:
        reverse(name)(slices[first:last])

    return change


def both(*mutations: Mutation) -> Mutation:
    def change(slices: list[Any]) -> None:
        for mutation in mutations:
            mutation(slices)

    return change


def scaled_positions(factor: float) -> Mutation:
    def change(slices: list[Any]) -> None:
        for header in slices:
            x, y, z = header.ImagePositionPatient
            header.ImagePositionPatient = decimals(x, y, -200 + factor * (z + 200))

    return change


def tilted(slices: list[Any]) -> None:
    for number, header in enumerate(slices):
        x, y, z = header.ImagePositionPatient
        header.ImagePositionPatient = decimals(x, y + 0.5 * number, z)


def shifted(number: int, millimetres: float) -> Mutation:
    def change(slices: list[Any]) -> None:
        x, y, z = slices[number].ImagePositionPatient
        slices[number].ImagePositionPatient = decimals(x, y, z + millimetres)

    return change


def renamed(slices: list[Any]) -> None:
    slices.reverse()


def copied_series(slices: list[Any]) -> None:
    from copy import deepcopy

    copies = deepcopy(slices)
    for number, header in enumerate(copies):
        header.SeriesInstanceUID, header.SOPInstanceUID = "1.2.33", f"1.2.99.{number}"
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    slices += copies


def one_more(**elements: object) -> Mutation:
    """Adds a slice behind the last."""

    def change(slices: list[Any]) -> None:
        duplicate(len(slices) - 1, SOPInstanceUID="1.2.9.99", **elements)(slices)
        slices[-1].file_meta.MediaStorageSOPInstanceUID = "1.2.9.99"

    return change


def _zero_rows(first: int, last: int, value: int = 0) -> Callable[[npt.NDArray[np.uint16]], npt.NDArray[Any]]:
    def change(rows: npt.NDArray[np.uint16]) -> npt.NDArray[Any]:
        rows[first:last] = value
        return rows

    return change


LAST = SHAPE[0] - 1
ALL = range(SHAPE[0])

MUTATIONS: dict[str, Mutation] = {
    # completeness
    "drop the first slice": drop(0),
    "drop the last slice": drop(LAST),
    "drop eight slices at the start": drop(*range(8)),
    "drop eight slices at the end": drop(*range(16, 24)),
    "drop a slice in the middle": drop(11),
    "drop two slices in the middle": drop(11, 12),
    "drop every second slice": drop(*range(1, 24, 2)),
    "keep one slice": drop(*range(1, 24)),
    "a slice cut to half": cut(5, 0.5),
    "a slice cut in the header": cut(5, 0.05),
    "a slice cut to nothing": cut(5, 0.0),
    "a slice cut by one byte": cut(5, 0.9999),
    "no PixelData in a slice": some(5, 6, PixelData=None),
    "half the rows of a slice zero": pixels(_zero_rows(30, 60), 11),
    "a tenth of the rows of a slice zero": pixels(_zero_rows(30, 36), 11),
    "a slice zero": pixels(_zero_rows(0, 60), 11),
    "the last slices zero": pixels(_zero_rows(0, 60), *range(16, 24)),
    "the last half of the last slice zero": pixels(_zero_rows(30, 60), 23),
    "half the rows of a slice at 0 HU": pixels(_zero_rows(30, 60, 1024), 11),
    "half the rows of a slice at 32767": pixels(_zero_rows(30, 60, 32767), 11),
    # identity
    "a slice twice, same instance": duplicate(11),
    "a slice twice, other instance": duplicate(11, SOPInstanceUID="1.2.9.99"),
    "a slice twice, other pixels": both(duplicate(11, SOPInstanceUID="1.2.9.99"), swap_pixels(11, 3)),
    "all instance UIDs the same": each(SOPInstanceUID="1.2.9.1"),
    "a whole series copied under another UID": copied_series,
    "two patients in a series": some(12, 24, PatientID="P2"),
    "another patient's slice": both(some(12, 13, PatientID="P2", StudyInstanceUID="1.2.7"), swap_pixels(12, 3)),
    "two studies in a series": some(12, 24, StudyInstanceUID="1.2.7"),
    "two frames of reference in a series": some(12, 24, FrameOfReferenceUID="1.2.8"),
    "two acquisitions in a series": some(12, 24, AcquisitionNumber=2),
    "two kernels in a series": some(12, 24, ConvolutionKernel="B70f"),
    "two kernels that alternate": each(ConvolutionKernel=lambda n: ("B30f", "B70f")[n % 2]),
    "half a series under another UID": some(12, 24, SeriesInstanceUID="1.2.33"),
    "every second slice under another UID": each(SeriesInstanceUID=lambda n: f"1.2.3{n % 2}"),
    "a slice under another UID": some(12, 13, SeriesInstanceUID="1.2.33"),
    "the last slice under another UID": some(23, 24, SeriesInstanceUID="1.2.33"),
    "a localiser in the series": one_more(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]),
    "a secondary capture in the series": one_more(
        SOPClassUID=SecondaryCaptureImageStorage, ImagePositionPatient=None, PixelSpacing=None
    ),
    "another modality": each(Modality="MR"),
    "another modality in a slice": some(5, 6, Modality="PT"),
    # order
    "swap the pixels of distant slices": swap_pixels(3, 18),
    "swap the pixels of slices five apart": swap_pixels(8, 13),
    "swap the pixels of neighbours": swap_pixels(11, 12),
    "reverse the pixels of half the series": reverse_part(12, 24),
    "pixels of a slice twice": copy_pixels(11, 12),
    "shuffle the file names": renamed,
    "reverse the instance numbers": reverse("InstanceNumber"),
    "no instance numbers": each(InstanceNumber=None),
    "reverse the positions": reverse("ImagePositionPatient"),
    "swap two positions": both(shifted(5, 20), shifted(15, -20)),
    # sign and orientation
    "flip the rows' direction": each(ImageOrientationPatient=decimals(-1, 0, 0, 0, 1, 0)),
    "flip the columns' direction": each(ImageOrientationPatient=decimals(1, 0, 0, 0, -1, 0)),
    "flip both directions": each(ImageOrientationPatient=decimals(-1, 0, 0, 0, -1, 0)),
    "swap the directions": each(ImageOrientationPatient=decimals(0, 1, 0, 1, 0, 0)),
    "coronal directions": each(ImageOrientationPatient=decimals(1, 0, 0, 0, 0, -1)),
    "flip the directions of one slice": some(5, 6, ImageOrientationPatient=decimals(-1, 0, 0, 0, 1, 0)),
    "zero directions": each(ImageOrientationPatient=decimals(0, 0, 0, 0, 0, 0)),
    "directions twice as long": each(ImageOrientationPatient=decimals(2, 0, 0, 0, 2, 0)),
    "gantry tilt": tilted,
    "a tilt in the tag only": each(GantryDetectorTilt=15),
    # units and geometry
    "spacing of one slice": some(5, 6, PixelSpacing=decimals(0.7, 0.7)),
    "spacing of all slices": each(PixelSpacing=decimals(1.0, 1.0)),
    "spacing in centimetres": each(PixelSpacing=decimals(0.15, 0.15)),
    "uneven spacing": each(PixelSpacing=decimals(1.5, 1.0)),
    "no spacing": each(PixelSpacing=None),
    "zero spacing": each(PixelSpacing=decimals(0, 0)),
    "negative spacing": each(PixelSpacing=decimals(-1.5, -1.5)),
    "negative spacing of rows": each(PixelSpacing=decimals(-1.5, 1.5)),
    "steps of slices doubled": scaled_positions(2.0),
    "steps of slices halved": scaled_positions(0.5),
    "steps of slices a tenth": scaled_positions(0.1),
    "no position": each(ImagePositionPatient=None),
    "no position in a slice": some(5, 6, ImagePositionPatient=None),
    "all positions the same": each(ImagePositionPatient=decimals(-50, -40, -200)),
    "a slice moved by a millimetre": shifted(5, 1.0),
    "no orientation": each(ImageOrientationPatient=None),
    "slices thinner than their steps": each(SliceThickness=0.6),
    "no thickness": each(SliceThickness=None),
    "thickness zero": each(SliceThickness=0),
    "two thicknesses": some(12, 24, SliceThickness=5),
    "rows and columns swapped": each(Rows=SHAPE[2], Columns=SHAPE[1]),
    "fewer rows": each(Rows=50),
    "fewer rows in a slice": some(5, 6, Rows=50),
    # values
    "another slope in a slice": some(5, 6, RescaleSlope=2),
    "another intercept in a slice": some(5, 6, RescaleIntercept=0),
    "an intercept 24 higher in a slice": some(5, 6, RescaleIntercept=-1000),
    "an intercept 24 higher in half the slices": some(12, 24, RescaleIntercept=-1000),
    "no intercept": each(RescaleIntercept=None),
    "no intercept in a slice": some(5, 6, RescaleIntercept=None),
    "no slope": each(RescaleSlope=None),
    "slope zero": each(RescaleSlope=0),
    "slope negative": each(RescaleSlope=-1, RescaleIntercept=1024),
    "slope doubled": each(RescaleSlope=2),
    "slope doubled about 0 HU": each(RescaleSlope=2, RescaleIntercept=-2048),
    "slope halved about 0 HU": each(RescaleSlope=0.5, RescaleIntercept=-512),
    "slope halved": each(RescaleSlope=0.5),
    "intercept 0": each(RescaleIntercept=0),
    "intercept -2048": each(RescaleIntercept=-2048),
    "intercept -8192": each(RescaleIntercept=-8192),
    "intercept -1000": each(RescaleIntercept=-1000),
    "rescaled to effective atomic numbers": each(RescaleType="Z_EFF"),
    "rescaled to optical density": each(RescaleType="OD"),
    "rescaled to nothing specified": each(RescaleType="US"),
    "rescaled to electron density in a slice": some(5, 6, RescaleType="ED"),
    "no rescale type": each(RescaleType=None),
    "MONOCHROME1": each(PhotometricInterpretation="MONOCHROME1"),
    "MONOCHROME1 in a slice": some(5, 6, PhotometricInterpretation="MONOCHROME1"),
    "colours": each(PhotometricInterpretation="RGB", SamplesPerPixel=3),
    "a palette": each(PhotometricInterpretation="PALETTE COLOR"),
    "inverted voxels": pixels(lambda rows: 2048 - np.minimum(rows, 2048), *ALL),
    "inverted voxels of a slice": pixels(lambda rows: 2048 - np.minimum(rows, 2048), 11),
    "a window of 8 bits": pixels(lambda rows: np.clip((rows - 864.0) / 400 * 255, 0, 255), *ALL),
    "a slice with half its contrast": pixels(lambda rows: rows // 2 + 512, 11),
    "12 bits stored": each(BitsStored=12, HighBit=11),
    "8 bits stored": each(BitsStored=8, HighBit=7),
    "8 bits stored in a slice": some(5, 6, BitsStored=8, HighBit=7),
    "10 bits stored": each(BitsStored=10, HighBit=9),
    "high bit 11 of 16": each(HighBit=11),
    "12 bits at the high end": each(BitsStored=12, HighBit=15),
    "signed": each(PixelRepresentation=1),
    "signed in a slice": some(5, 6, PixelRepresentation=1),
    "signed with 11 bits": each(PixelRepresentation=1, BitsStored=11, HighBit=10),
    "8 bits allocated": each(BitsAllocated=8, BitsStored=8, HighBit=7),
    "32 bits allocated": each(BitsAllocated=32, BitsStored=32, HighBit=31),
    "no bits stored": each(BitsStored=None),
    "no pixel representation": each(PixelRepresentation=None),
    "bytes swapped": pixels(lambda rows: rows.byteswap(), *ALL),
    "bytes of a slice swapped": pixels(lambda rows: rows.byteswap(), 11),
    "padding of -2000": both(
        pixels(_zero_rows(0, 6, 63536), *ALL), each(PixelRepresentation=1, PixelPaddingValue=-2000)
    ),
    "padding declared at 0 HU": each(PixelPaddingValue=1024),
    "padding declared over all values": each(PixelPaddingValue=0, PixelPaddingRangeLimit=4095),
    "padding declared in a slice": some(5, 6, PixelPaddingValue=1074),
    "constant voxels": pixels(_zero_rows(0, 60, 1024), *ALL),
    "pixels mirrored": pixels(lambda rows: rows[:, ::-1], *ALL),
    "pixels of a slice mirrored": pixels(lambda rows: rows[:, ::-1], 11),
    "pixels of a slice upside down": pixels(lambda rows: rows[::-1], 11),
    "pixels of a slice moved by a row": pixels(lambda rows: np.roll(rows, 5, axis=0), 11),
    "pixels of a slice moved by a byte": pixels(
        lambda rows: np.frombuffer(np.roll(rows.view(np.uint8).ravel(), 1).tobytes(), np.uint16).reshape(rows.shape), 11
    ),
    # encoding
    "labelled implicit": relabelled(ImplicitVRLittleEndian, *ALL),
    "labelled big endian": relabelled(ExplicitVRBigEndian, *ALL),
    "labelled JPEG 2000": relabelled(JPEG2000Lossless[:19], *ALL),
    "a slice labelled implicit": relabelled(ImplicitVRLittleEndian, 5),
    "another character set": each(SpecificCharacterSet="ISO_IR 192", PatientName="Doe^Jane"),
    "an unknown character set": each(SpecificCharacterSet="LATIN-1"),
    "no class": each(SOPClassUID=None),
    "no series": each(SeriesInstanceUID=None),
    "no study": each(StudyInstanceUID=None),
    "no patient": each(PatientID=None),
    "no modality": each(Modality=None),
    "no image type": each(ImageType=None),
}
