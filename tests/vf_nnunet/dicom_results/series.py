"""CT series of small volumes, as scanners write them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from highdicom.legacy import LegacyConvertedEnhancedCTImage
from pydicom.dataset import Dataset

from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.geometry import FloatArray
from tests.dataset_conversion.conftest import decimals, dicom_slice

NAME, PATIENT_ID, ACCESSION = "Secretia^Grete", "SECRET-4711", "ACC-0815"
"""What must not be seen in a picture."""
SIZE = (24, 40, 36)
"""Slices, rows and columns."""


def axes(kind: str) -> FloatArray:
    """The affine of a volume of `SIZE`, voxel index (x, y, z) to LPS mm.

    Args:
        kind: How the slices lie in the patient.
    """
    turned = np.array([[0.9397, -0.342, 0.0], [0.342, 0.9397, 0.0], [0.0, 0.0, 1.0]])
    nodding = np.array([[1.0, 0.0, 0.0], [0.0, 0.9659, -0.2588], [0.0, 0.2588, 0.9659]])
    sheared = np.array([[1.0, 0.0, 0.0], [0.0, 0.9511, 0.0], [0.0, 0.309, 1.0]])
    directions = {
        "axial": np.eye(3),
        "oblique": turned @ nodding,
        "from the head down": np.diag([1.0, 1.0, -1.0]),
        "negated": np.diag([-1.0, -1.0, 1.0]),
        "mirrored": np.diag([-1.0, 1.0, 1.0]),
        "sagittal": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
        "tilted": sheared,
    }[kind]
    affine = np.eye(4)
    affine[:3, :3] = directions @ np.diag([1.2, 1.1, 3.0])
    affine[:3, 3] = (-12.0, 30.0, -240.0)
    return affine


def ct_slices(kind: str = "axial", ball: npt.ArrayLike | None = None) -> list[Dataset]:
    """The slices of a series with a patient, a study and a frame of reference.

    Args:
        kind: See `axes`.
        ball: Where a bright ball of 12 mm is, in voxels (x, y, z); None for none.
    """
    voxels = np.random.default_rng(0).integers(-200, 600, SIZE).astype(np.int16)
    volume = Volume(voxels, axes(kind))
    if ball is not None:
        places = volume.index_to_world(np.moveaxis(np.indices(SIZE), 0, -1).reshape(-1, 3))
        near = np.linalg.norm(places - points_in(volume.affine, ball), axis=1) < 6
        voxels[near.reshape(SIZE)] = 2500
    return [_with_patient(dicom_slice(volume, number, rows), number) for number, rows in enumerate(volume.array)]


def _with_patient(header: Dataset, number: int) -> Dataset:
    header.SpecificCharacterSet = "ISO_IR 100"
    header.PatientName, header.PatientID, header.AccessionNumber = NAME, PATIENT_ID, ACCESSION
    header.PatientBirthDate, header.PatientSex, header.ReferringPhysicianName = "19400102", "F", "Dr^Who"
    header.StudyInstanceUID, header.SeriesInstanceUID, header.FrameOfReferenceUID = "1.2.3.1", "1.2.3.2", "1.2.3.3"
    header.StudyID, header.StudyDate, header.StudyTime = "S1", "20240305", "101112"
    header.AcquisitionDate, header.AcquisitionTime = "20240305", "101500"
    header.SeriesNumber, header.InstanceNumber, header.Manufacturer = 3, number + 1, "Scanner"
    header.SliceThickness, header.PatientPosition = decimals(3.0)[0], "HFS"
    header.PositionReferenceIndicator, header.KVP, header.AcquisitionNumber = "", decimals(120)[0], 1
    header.BodyPartExamined, header.ContentDate, header.ContentTime = "SPINE", "20240305", "101500"
    return header


def save(folder: Path, slices: Sequence[Dataset]) -> list[Path]:
    """Write the slices; the paths come in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03d}.dcm" for number in range(len(slices))]
    for path, header in zip(paths, slices, strict=True):
        header.save_as(path, enforce_file_format=True)
    return paths


def save_enhanced(folder: Path, slices: Sequence[Dataset]) -> list[Path]:
    """Write the slices as the frames of one enhanced multi-frame file."""
    enhanced = LegacyConvertedEnhancedCTImage(slices, "1.2.3.5", 4, "1.2.3.6", 1)
    return save(folder, [enhanced])


def points_in(affine: FloatArray, indices: npt.ArrayLike) -> FloatArray:
    """LPS mm (n, 3) of voxel indices (x, y, z), which need not be whole."""
    return np.asarray(np.atleast_2d(indices) @ affine[:3, :3].T + affine[:3, 3])
