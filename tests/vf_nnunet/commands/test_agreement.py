"""The command `agreement`: its lines and its files."""

import json
from pathlib import Path

import pytest

from vf_nnunet.cli import main


def test_two_readers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "case_id,patient_id,vertebra,x,y,z,grade,shape,reader,seconds\n"
    (tmp_path / "a.csv").write_text(
        f"{header}a,a,L1,0,0,0,1,wedge,anna,3\na,a,L2,0,0,-30,0,,anna,2\nc,c,L1,0,0,0,0,,anna,1\n"
    )
    (tmp_path / "b.csv").write_text(f"{header}a,a,L1,0,0,2,2,wedge,tom,3\na,a,L2,0,0,-30,0,,tom,2\n")
    output = tmp_path / "agreement"
    assert main(["agreement", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "-o", str(output)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[:-1] == [
        "cases: 1, patients: 1; vertebrae: 2 marked by both, 0 by the first only, 0 by the second only; "
        "2 graded by both",
        "left out, as only the first reader has it: case c",
        "kappa, any fracture: 1.000 (no interval: too few patients)",
        "quadratic kappa, grades: 0.667 (no interval: too few patients)",
        "distance of the centres: 1.0 mm (no interval: too few patients) on average, 2.0 mm at most",
        "disagreements: 1, in disagreements.csv",
    ]
    assert json.loads((output / "agreement.json").read_text(encoding="utf-8"))["any_fracture"]["kappa"] == 1.0
    assert len((output / "disagreements.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_bad_tables_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "agreement"
    assert main(["agreement", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "-o", str(output)]) == 2
    assert capsys.readouterr().err.count("cannot be read as a table") == 2
    assert not output.exists()
