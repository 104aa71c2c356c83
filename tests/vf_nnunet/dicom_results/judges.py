"""Programs that others wrote and that read or validate DICOM objects."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import FloatArray, to_lps
from tests.vf_nnunet.dicom_results.standard import missing_judge, read_standard

PRIVATE_SCHEME = "Unrecognized defined term = <99VFNNUNET>"
"""What dciodvfy says of any private coding scheme."""


def _program(name: str, package: str) -> str:
    """The path of a program; without it the test is skipped."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} of {package} is not installed")
    return found


def dciodvfy(path: Path) -> list[str]:
    """The errors and warnings of dciodvfy, except that a private scheme is not known to it."""
    command = [_program("dciodvfy", "dicom3tools"), "-new", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return [line for line in said.splitlines() if line.startswith(("Error", "Warning")) and PRIVATE_SCHEME not in line]


def dcentvfy(paths: list[Path]) -> list[str]:
    """What dcentvfy finds to contradict between objects of one study."""
    command = [_program("dcentvfy", "dicom3tools"), *map(str, paths)]
    said = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stderr
    return [line for line in said.splitlines() if line.startswith("Error")]


@cache
def _standard() -> Any:
    return read_standard()


def dicom_validator(path: Path) -> list[str]:
    """The errors of dicom-validator."""
    if missing := missing_judge():
        pytest.skip(missing)
    from dicom_validator.validator.dicom_file_validator import DicomFileValidator

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        (result,) = DicomFileValidator(_standard()).validate(path).values()
    found = ((module, tag, error) for module, tags in result.module_errors.items() for tag, error in tags.items())
    named = [f"{module}: {tag}: {error.code}" for module, tag, error in found]
    return named if named or not result.errors else [said.getvalue()]


def tid1500reader(path: Path, folder: Path) -> list[dict[str, Any]]:
    """The measurement groups that dcmqi reads in a report."""
    output = folder / "report.json"
    command = [_program("tid1500reader", "dcmqi"), "--inputDICOM", str(path), "--outputMetadata", str(output)]
    subprocess.run(command, capture_output=True, text=True, check=True)
    groups: list[dict[str, Any]] = json.loads(output.read_text(encoding="utf-8"))["Measurements"]
    return groups


def segimage2itkimage(path: Path, folder: Path) -> list[FloatArray]:
    """The centre (x, y, z) in LPS mm of each segment, by the images that dcmqi makes."""
    reader = _program("segimage2itkimage", "dcmqi")
    command = [
        reader,
        "--inputDICOM",
        str(path),
        "--outputDirectory",
        str(folder),
        "--prefix",
        path.stem,
        "-t",
        "nifti",
    ]
    subprocess.run(command, capture_output=True, text=True, check=True)
    count = len(list(folder.glob(f"{path.stem}-[0-9]*.nii.gz")))
    return [_centre(nibabel.load(folder / f"{path.stem}-{number}.nii.gz")) for number in range(1, count + 1)]


def _centre(image: Any) -> FloatArray:
    index = np.argwhere(np.asarray(image.dataobj) > 0).mean(axis=0)
    return np.asarray((to_lps(image.affine) @ [*index, 1])[:3])
