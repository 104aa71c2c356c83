"""The options of ``vf_nnunet convert``."""

from pathlib import Path

import pytest

from dataset_conversion.readers import known_formats
from vf_nnunet.cli import main
from vf_nnunet.commands.convert import FORMATS


def test_the_help_names_every_format() -> None:
    assert sorted(FORMATS) == sorted(known_formats())


def test_bad_input_ends_with_all_findings_and_exit_code_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("nnUNet_raw", str(tmp_path / "raw"))
    absent = str(tmp_path / "absent")
    options = ["--images", absent, "--annotations", absent, "--grades", f"{absent}.txt", "-d", "7", "--name", "Test"]
    assert main(["convert", *options]) == 2
    errors = capsys.readouterr().err
    assert "no such folder" in errors
    assert "does not exist, wanted a file or folder with centroids" in errors
    assert "wanted a text of grades" in errors
    assert not (tmp_path / "raw").exists()
