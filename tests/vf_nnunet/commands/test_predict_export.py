"""The command `predict` on an export: one CT of each study, and one line for each bad one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from dataset_conversion.images.volume import Volume
from tests.dataset_conversion.conftest import dicom_slice
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.cli import main
from vf_nnunet.model.model_file import write_model_file

SHAPE = (40, 22, 24)


def study(root: Path, number: int, modality: str = "CT") -> list[Path]:
    """A study with a CT of noise of 1 mm, and one of 4 mm in the same folder."""
    noise = np.random.default_rng(number).integers(-900, 900, SHAPE).astype(np.int16)
    folder = root / f"PAT{number}" / "SER1"
    folder.mkdir(parents=True)
    thick = Volume(noise[::4], np.diag([1.0, 1.0, 4.0, 1.0]))
    for series, volume in enumerate((Volume(noise, np.eye(4)), thick), start=1):
        for slice_, rows in enumerate(volume.array):
            header = tagged(dicom_slice(volume, slice_, rows), number, series, slice_, modality)
            header.save_as(folder / f"{series}_{slice_:02d}", enforce_file_format=True)
    return sorted(folder.glob("1_*"))


def tagged(header: Dataset, number: int, series: int, slice_: int, modality: str) -> Dataset:
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.{number}.{series}.{slice_ + 1}"
    header.SeriesInstanceUID, header.StudyInstanceUID = f"1.2.{number}.{series}", f"1.2.{number}"
    header.PatientID, header.Modality, header.StudyDate = f"P{number}", modality, "20240131"
    return header


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    model = tiny_model()
    write_model_file(tmp_path / "model.vf", replace(model, card=replace(model.card, operating_points=None)))
    return tmp_path / "model.vf"


def test_an_export(tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, output = tmp_path / "export", tmp_path / "output"
    study(root, 1)
    study(root, 2, modality="MR")
    study(root, 3)[20].unlink()
    cut = study(root, 4)[20]
    cut.write_bytes(cut.read_bytes()[:-50])
    (root / "broken.zip").write_bytes(b"PK")
    options = ["predict", "-i", str(root), "-o", str(output), "-m", str(model_file), "--backend", "torch"]
    options += ["--case-id", "{PatientID:plain}"]
    assert main(options) == 2
    last = [line for line in capsys.readouterr().err.splitlines() if line.startswith("vf_nnunet predict:")]
    assert len(last) == 1
    assert "P4" in json.loads((output / "failed.json").read_text())
    # The thin series of the third study has a gap, so the thick one is taken.
    results = {case: json.loads((output / f"{case}.json").read_text())["dicom"] for case in ("P1", "P3")}
    assert {case: result["series_uid"] for case, result in results.items()} == {"P1": "1.2.1.1", "P3": "1.2.3.2"}
    assert results["P1"]["choice"] == "of 2 series of its study: slices of 1 mm"
    passed_over = json.loads((output / "passed_over.json").read_text())
    assert passed_over[str(root / "PAT2" / "SER1") + " (series 1.2.2.1)"] == "modality MR"
    assert "no volume: 39 slices, most 1.000 mm apart" in passed_over[f"{root}/PAT3/SER1 (series 1.2.3.1)"]
    assert "broken archive" in passed_over[str(root / "broken.zip")]
    finished = (output / "P1.json").stat().st_mtime_ns
    assert main([*options, "--continue"]) == 2
    assert (output / "P1.json").stat().st_mtime_ns == finished
