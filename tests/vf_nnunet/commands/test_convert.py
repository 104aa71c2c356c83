"""The command `convert`: pictures, a second run, and problems with exit code 2."""

import json
import os
from pathlib import Path

import nibabel
import numpy as np
import pytest

from dataset_conversion.readers.registry import known_formats
from vf_nnunet.cli import main
from vf_nnunet.commands.convert import FORMATS


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A conversion of two small CTs of noise with a vertebra each."""
    monkeypatch.setenv("nnUNet_raw", str(tmp_path / "raw"))
    (tmp_path / "images").mkdir()
    rows = ["case_id,vertebra,x,y,z,grade"]
    for number, grade in enumerate((0, 2)):
        noise = np.random.default_rng(number).integers(-900, 1200, (40, 40, 60)).astype(np.int16)
        image = nibabel.Nifti1Image(noise, np.diag([-1.0, -1.0, 1.0, 1.0]))
        nibabel.save(image, tmp_path / "images" / f"case_{number}.nii.gz")
        rows.append(f"case_{number},L1,20,20,30,{grade}")
    table = tmp_path / "vertebrae.csv"
    table.write_text("\n".join(rows) + "\n")
    sources = ["--images", str(tmp_path / "images"), "--annotations", str(table)]
    return ["convert", *sources, "-d", "701", "--name", "Small", "--processes", "1"]


def test_pictures_and_a_second_run(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = tmp_path / "raw" / "Dataset701_Small"
    assert main([*command, "--qc"]) == 0
    assert capsys.readouterr().out.startswith(str(dataset))
    assert {path.name for path in (dataset / "qc").iterdir()} == {
        "case_0.png",
        "case_1.png",
        "contact_sheet.png",
        "fractures_by_level.png",
    }
    before = {path: path.stat().st_mtime_ns for path in dataset.rglob("*")}
    assert main([*command, "--qc"]) == 0
    assert {path: path.stat().st_mtime_ns for path in dataset.rglob("*")} == before


def test_every_problem_is_a_line_and_the_exit_code_is_two(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "vertebrae.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("20,20,30,0", "20,20,300,0"))
    image = tmp_path / "images" / "case_1.nii.gz"
    os.truncate(image, image.stat().st_size // 2)
    assert main(command) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("vf_nnunet convert: ")]
    assert ["case_0.nii.gz: L1 at LPS" in lines[0], "case_1.nii.gz: cannot be read" in lines[1]] == [True, True]
    assert not (tmp_path / "raw").exists()


def test_the_same_cohort_with_a_class_for_each_grade(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The dataset is another one, and a class that cannot be learned is named."""
    dataset = tmp_path / "raw" / "Dataset701_Small"
    assert main(command) == 0
    grades = [*command, "--classes", "grades", "--fracture-grade", "2"]
    assert main(grades) == 2
    assert "already exists, made from other input" in capsys.readouterr().err
    assert main([*grades, "--overwrite", "--qc"]) == 0
    assert "no vertebra has grade 3, so the network cannot learn the class severe" in caplog.text
    description = json.loads((dataset / "dataset.json").read_text(encoding="utf-8"))
    assert description["labels"] == {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}
    assert description["fracture_grade"] == 2
    labels = nibabel.load(dataset / "labelsTr" / "case_1.nii.gz").get_fdata()
    assert set(np.unique(labels)) == {0, 3}


def test_the_help_names_every_format() -> None:
    assert sorted(FORMATS) == sorted(known_formats())


def test_bad_input_ends_with_all_problems_and_exit_code_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("nnUNet_raw", str(tmp_path / "raw"))
    absent = str(tmp_path / "absent")
    options = ["--images", absent, "--annotations", absent, "--grades", f"{absent}.txt", "-d", "7", "--name", "Test"]
    assert main(["convert", *options]) == 2
    errors = capsys.readouterr().err
    assert "no such folder" in errors
    assert "does not exist; expected a file or folder with centroids" in errors
    assert "expected a text of grades" in errors
    assert not (tmp_path / "raw").exists()
