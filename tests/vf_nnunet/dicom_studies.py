"""Tiny DICOM studies, as files and as objects, for tests of archives and watched folders."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedSRStorage, ExplicitVRLittleEndian

from dataset_conversion.images.volume import Volume
from tests.dataset_conversion.conftest import dicom_slice

SLICES = 15
STUDY = "1.2.826.0.1"
"""Beginning of the UIDs of the studies."""


def study_uid(number: int) -> str:
    return f"{STUDY}.{number}"


def slices_of(number: int) -> list[Dataset]:
    """The slices of a CT of 45 x 48 x 48 mm; no two studies have the same voxels."""
    voxels = np.random.default_rng(number).normal(0, 40, (SLICES, 16, 16)).round().astype(np.int16)
    voxels[6:9, 6:9, 6:9] = 1500 + np.arange(27).reshape(3, 3, 3)
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = (-24.0, -24.0, -100.0)
    volume = Volume(voxels, affine)
    return [_slice(number, index, dicom_slice(volume, index, rows)) for index, rows in enumerate(voxels)]


def _slice(number: int, index: int, header: Dataset) -> Dataset:
    uid = study_uid(number)
    header.PatientID, header.PatientName, header.StudyDate = f"P{number}", f"Test^{number}", "20260101"
    header.SliceThickness, header.StudyInstanceUID, header.SeriesInstanceUID = 3, uid, f"{uid}.1"
    header.FrameOfReferenceUID, header.InstanceNumber = f"{uid}.2", index + 1
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = f"{uid}.1.{index + 1}"
    return header


def save_study(
    folder: Path, number: int, change: Callable[[int, Dataset], None] = lambda index, header: None
) -> list[Path]:
    """Write a study; the names of the files tell nothing, and differ between studies."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, header in enumerate(slices_of(number)):
        change(index, header)
        paths.append(folder / f"{number}_{(index * 7) % 97:02d}")
        header.save_as(paths[-1], enforce_file_format=True)
    return paths


def report_of(number: int, instance: str = "9") -> Dataset:
    """An object of another modality that belongs to a study."""
    uid = study_uid(number)
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = EnhancedSRStorage
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = f"{uid}.3.{instance}"
    header.PatientID, header.Modality = f"P{number}", "SR"
    header.StudyInstanceUID, header.SeriesInstanceUID = uid, f"{uid}.3"
    return header


def save_report(path: Path, number: int, instance: str = "9") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    report_of(number, instance).save_as(path, enforce_file_format=True)
    return path
