"""Small series, as they lie in the export of a PACS."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from dataset_conversion.images.volume import Volume
from tests.dataset_conversion.conftest import dicom_slice

SIDE = 24
STUDY = "1.2.1"


def body(count: int, step: float, seed: int = 0) -> Volume:
    """A trunk of 120 x 120 mm with noise, in `count` slices."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    plane = np.where(np.hypot(x, y) < 0.8, 40.0, -1000.0)
    noise = np.random.default_rng(seed).normal(0, 15, (count, SIDE, SIDE))
    affine = np.diag([5.0, 5.0, step, 1.0])
    affine[:3, 3] = (-60.0, -60.0, -200.0)
    return Volume((plane + noise).round().clip(-1024, 3071).astype(np.int16), affine)


def slices(uid: str, count: int = 12, step: float = 5.0, **elements: object) -> list[Dataset]:
    """The slices of a series; elements of None are left out."""
    volume = body(count, step, seed=int(uid.replace(".", "")) % 9973)
    made = []
    for number, rows in enumerate(volume.array):
        header = dicom_slice(volume, number, rows)
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"{uid}.{number + 1}"
        header.PatientID, header.StudyInstanceUID, header.StudyDate = "P1", STUDY, "20240131"
        header.SeriesInstanceUID, header.FrameOfReferenceUID = uid, "1.2.2"
        header.InstanceNumber, header.SliceThickness = number + 1, step
        for name, value in elements.items():
            setattr(header, name, value)
        made.append(header)
    return made


def write(folder: Path, made: list[Dataset], prefix: str = "I") -> Path:
    """Write slices under names without endings, in an order that tells nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, header in enumerate(made):
        header.save_as(folder / f"{prefix}{(number * 7) % 997:03d}", enforce_file_format=True)
    return folder


def other_object(folder: Path, name: str, sop_class: str, modality: str, uid: str = "1.2.77") -> Path:
    """An object without an image, such as a dose report."""
    header = slices(uid, 1)[0]
    for element in ("Rows", "Columns", "PixelData", "ImagePositionPatient", "PixelSpacing", "BitsAllocated"):
        delattr(header, element)
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = sop_class
    header.Modality = modality
    folder.mkdir(parents=True, exist_ok=True)
    header.save_as(folder / name, enforce_file_format=True)
    return folder / name
