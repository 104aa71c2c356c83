"""`predict` with studies of an archive: options and messages."""

from pathlib import Path

import pytest

from vf_nnunet.cli import main

ADDRESS = "dicomweb:https://archive.example/dicom-web"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-i", ADDRESS], "expected --study with the StudyInstanceUIDs of the CTs"),
        (["-i", ADDRESS, "--study", "1.2", "x"], "--study x: not a UID"),
        (["-i", "ct.nii.gz", "--study", "1.2"], "--study: only for -i dicomweb:URL"),
    ],
)
def test_bad_options(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str) -> None:
    assert main(["predict", *options, "-o", str(tmp_path / "output")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
    assert not (tmp_path / "output").exists()


def test_a_password_in_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["predict", "-i", "dicomweb:https://me:secret@archive.example", "-o", "output"])
    assert "secret" not in capsys.readouterr().err.splitlines()[-1]
