"""CTs, a model and a backend for tests of screening."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from dataset_conversion.images.volume import Volume
from tests.dataset_conversion.conftest import dicom_slice
from tests.vf_nnunet.models import BrightnessBackend, tiny_model
from vf_nnunet.model.model import Model
from vf_nnunet.screening.batch import screen_cases
from vf_nnunet.screening.case import ScreeningSettings

SHAPE = (40, 42, 44)
ORIGIN = (-20.0, -30.0, -100.0)
"""LPS mm of the first voxel."""
BRIGHT = (slice(10, 18), slice(20, 28), slice(30, 38))
"""Where the CT of these tests is bright, which `BrightnessBackend` predicts to be a fracture."""


@pytest.fixture
def ct() -> np.ndarray:
    """HU (z, y, x) at 1 mm: soft tissue with noise and one bright cube of 512 voxels, which are not cut off."""
    voxels = np.random.default_rng(0).normal(0, 40, SHAPE).round()
    voxels[BRIGHT] = 1500 + np.arange(512).reshape(8, 8, 8) % 97
    return voxels.astype(np.int16)


@pytest.fixture
def model() -> Model:
    return tiny_model()


@pytest.fixture
def backend(model: Model) -> BrightnessBackend:
    return BrightnessBackend(model.ensemble)


def save_ct(path: Path, ct: np.ndarray) -> Path:
    """Write a file of any format at 1 mm, with the first voxel at `ORIGIN`."""
    image = SimpleITK.GetImageFromArray(ct)
    image.SetOrigin(ORIGIN)
    SimpleITK.WriteImage(image, path)
    return path


def save_dicom(folder: Path, ct: np.ndarray) -> Path:
    """Write the same as a series of DICOM slices."""
    folder.mkdir()
    volume = Volume(ct, np.array([[1, 0, 0, ORIGIN[0]], [0, 1, 0, ORIGIN[1]], [0, 0, 1, ORIGIN[2]], [0, 0, 0, 1.0]]))
    for number, rows in enumerate(ct):
        header = dicom_slice(volume, number, rows)
        header.SeriesInstanceUID = "1.2.3"
        header.save_as(folder / f"{number:03d}.dcm", enforce_file_format=True)
    return folder


@pytest.fixture
def cases(tmp_path: Path, ct: np.ndarray) -> dict[str, Path]:
    """Three CTs, the second truncated."""
    paths = {name: save_ct(tmp_path / f"{name}.nii.gz", ct) for name in "abc"}
    paths["b"].write_bytes(paths["b"].read_bytes()[:3000])
    return paths


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "output").mkdir()
    return tmp_path / "output"


@pytest.fixture
def finished(cases: dict[str, Path], output: Path, model: Model, backend: BrightnessBackend) -> dict[str, Path]:
    """Two CTs that are predicted."""
    whole = {name: cases[name] for name in "ac"}
    assert screen_cases(whole, output, model, backend, ScreeningSettings()) == ({}, [])
    return whole
