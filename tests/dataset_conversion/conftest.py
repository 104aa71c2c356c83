"""A small cohort on disk, and the parts to make others."""

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.geometry import to_lps
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table

SHAPE = (60, 40, 36)
SPACING = (2.0, 1.5, 1.5)
GRADES = {"T12": 0, "L1": 2, "L2": 0}


def lps_affine(spacing: tuple[float, float, float], origin: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Canonical affine from a spacing in (z, y, x) and an origin in (x, y, z)."""
    affine = np.diag([*spacing[::-1], 1.0])
    affine[:3, 3] = origin
    return affine


def numbered(volume: Volume, number: int) -> npt.NDArray[np.int16]:
    """The voxels of a case: the first one tells the cases apart, since no CT may come twice."""
    array = volume.array.copy()
    array[0, 0, 0] = number
    return array


@pytest.fixture
def volume() -> Volume:
    """A CT-like volume of 120 x 60 x 54 mm on canonical axes."""
    values = np.random.default_rng(0).integers(-200, 600, SHAPE).astype(np.int16)
    return Volume(values, lps_affine(SPACING, (-20.0, 10.0, -300.0)))


@pytest.fixture
def case() -> Callable[..., list[Vertebra]]:
    """Makes the three vertebrae of a case that fit into `volume`. No two cases have the same places."""

    def make(case_id: str, patient_id: str | None = None, **grades: int | None) -> list[Vertebra]:
        chosen = {**GRADES, **grades}
        left = 5.0 + 0.25 * (ord(case_id[-1]) % 10)
        return [
            Vertebra(case_id, patient_id or case_id, level, left, 40.0 + row, -205.0 - 30.0 * row, chosen[level])
            for row, level in enumerate(GRADES)
        ]

    return make


@pytest.fixture
def save() -> Callable[..., Path]:
    """Writes an array (x, y, z) as NIfTI with any affine, unchecked."""

    def write(path: Path, array: npt.NDArray[np.generic], lps: npt.NDArray[np.float64] | None = None) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        affine = lps_affine((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)) if lps is None else lps
        nib.save(nib.Nifti1Image(array, to_lps(affine)), path)
        return path

    return write


@pytest.fixture
def cohort(
    tmp_path: Path, volume: Volume, case: Callable[..., list[Vertebra]], save: Callable[..., Path]
) -> tuple[Path, Path]:
    """Five patients: a folder of images and a vertebra table."""
    names = [f"case_{number}" for number in range(5)]
    for number, name in enumerate(names):
        save(tmp_path / "images" / f"{name}.nii.gz", numbered(volume, number).T, volume.affine)
    table = tmp_path / "vertebrae.csv"
    write_vertebra_table(table, [vertebra for name in names for vertebra in case(name)])
    return tmp_path / "images", table


@pytest.fixture(scope="session")
def save_series() -> Callable[..., Path]:
    """Writes a volume of whole numbers as a folder of DICOM slices, named so that their order tells nothing."""

    def write(
        folder: Path,
        volume: Volume,
        change: Callable[[int, Dataset], None] = lambda number, header: None,
        series: str = "1.2.3",
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for number, rows in enumerate(volume.array):
            header = dicom_slice(volume, number, rows)
            header.SeriesInstanceUID = series
            change(number, header)
            header.save_as(folder / f"{(number * 7) % 97:02d}_{series}.dcm", enforce_file_format=True)
        return folder

    return write


def dicom_slice(volume: Volume, number: int, rows: npt.NDArray[np.integer]) -> Dataset:
    """One slice as a CT scanner writes it."""
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = CTImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = f"1.2.3.4.{number}"
    header.Modality, header.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    header.Rows, header.Columns = rows.shape
    header.SamplesPerPixel, header.PhotometricInterpretation, header.PixelRepresentation = 1, "MONOCHROME2", 0
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, 16, 15
    header.RescaleSlope, header.RescaleIntercept = 1, -1024
    _, height, width = volume.spacing
    along_row, along_column = volume.affine[:3, 0] / width, volume.affine[:3, 1] / height
    header.PixelSpacing = decimals(height, width)
    header.ImageOrientationPatient = decimals(*along_row, *along_column)
    header.ImagePositionPatient = decimals(*volume.index_to_world((number, 0, 0))[0])
    header.PixelData = (rows.astype(np.int32) + 1024).astype(np.uint16).tobytes()
    return header


def decimals(*values: float) -> list[DSfloat]:
    """Numbers as DICOM writes them, in 16 characters."""
    return [DSfloat(float(value), auto_format=True) for value in values]
