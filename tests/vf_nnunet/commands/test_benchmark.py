"""The command `benchmark` refuses bad arguments before any work, and writes the table that it prints."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Commands, Dataset, commands, dataset
from tests.vf_nnunet.screening.conftest import save_ct
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.cli import build_parser, main

__all__ = ["commands", "dataset"]  # pytest finds fixtures in the module

ARGUMENTS = ("benchmark", "-d", str(DATASET_ID), "-device", "cpu")


def test_all_problems_at_once(
    dataset: Dataset, commands: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").touch()
    paths = ("-o", str(tmp_path / "out"), "-i", str(tmp_path / "ct.nii.gz"), "--masks", str(tmp_path / "masks"))
    assert main([*ARGUMENTS, *paths, "--patches", "0", "--default-gpu-memory", "0"]) == 2
    lines = capsys.readouterr().err.splitlines()
    parts = ("vertebrae.csv", "--masks", "--patches", "memory", "-o", "-i")
    assert all(part in line for part, line in zip(parts, lines, strict=True))
    assert commands.run == []


def test_a_ct_that_is_cut_off_is_found_before_anything_is_trained(
    dataset: Dataset, commands: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset.root / "nnUNet_raw" / "Dataset007_Test" / "vertebrae.csv").touch()
    ct = save_ct(tmp_path / "ct.nii.gz", np.arange(60_000, dtype=np.int16).reshape(30, 40, 50))
    ct.write_bytes(ct.read_bytes()[:5000])
    assert main([*ARGUMENTS, "-o", str(tmp_path / "out"), "-i", str(ct)]) == 2
    assert f"-i {ct}: cannot be read" in capsys.readouterr().err
    assert commands.run == []


def test_only_the_dataset_is_required() -> None:
    assert build_parser().parse_args(["benchmark", "-d", "7"]).output == Path("benchmark")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("-f", "5"), "no fold 5"),
        (("--epochs", "0"), "epochs is 0; expected greater than or equal to 1"),
        (("--default-iterations", "0"), "iterations is 0; expected greater than or equal to 1"),
        (("-c", "2d"), "unknown"),
    ],
)
def test_numbers_out_of_range(
    dataset: Dataset,
    commands: Commands,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    option: tuple[str, ...],
    message: str,
) -> None:
    (dataset.root / "nnUNet_raw" / "Dataset007_Test" / "vertebrae.csv").touch()
    assert main([*ARGUMENTS, "-o", str(tmp_path / "out"), *option]) == 2
    assert message in capsys.readouterr().err
    assert commands.run == []


def test_quick_writes_the_table_that_it_prints(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset.root / "nnUNet_raw" / "Dataset007_Test" / "vertebrae.csv").touch()
    measured: list[Any] = []

    def record(*arguments: Any) -> dict[str, dict[str, Any]]:
        measured.append(arguments)
        return {"prediction": {"seconds": 10.0 * len(measured)}}

    for name in ("quick_own", "quick_default"):
        monkeypatch.setattr(f"vf_nnunet.benchmark.quick.{name}", record)
    first = Computation("torch", "float32", "cpu")
    for name in ("own_computations", "default_computations"):
        monkeypatch.setattr(f"vf_nnunet.benchmark.quick.{name}", lambda device: [first])
    output = tmp_path / "out"
    assert main([*ARGUMENTS, "--quick", "--resenc", "-o", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "| prediction: seconds | 10 | 20 |" in printed
    assert "nothing was trained or scored" in printed
    assert "- Machine: " in printed
    assert "The outputs differ" in printed
    assert (output / "benchmark.md").read_text(encoding="utf-8") == printed
    content = json.loads((output / "benchmark.json").read_text(encoding="utf-8"))
    assert content["columns"]["nnU-Net"]["prediction"] == {"seconds": 20.0}
    assert content["columns"]["nnU-Net"]["times as long as vf_nnunet"]["prediction_one_pass"] == 2
    assert not (output / "benchmark.png").exists()
    assert [arguments[2].name for arguments in measured] == ["a_0000.nii.gz"] * 2


def test_the_preset_m_is_an_arm_unless_others_are_named() -> None:
    parse = build_parser().parse_args
    assert parse(["benchmark", "-d", "7"]).resenc == ["M"]
    assert parse(["benchmark", "-d", "7", "--resenc", "L", "XL"]).resenc == ["L", "XL"]
    assert parse(["benchmark", "-d", "7", "--resenc"]).resenc == []


def test_the_presets_of_the_option_are_nnunets() -> None:
    from vf_nnunet.benchmark import default_nnunet
    from vf_nnunet.commands import benchmark

    assert tuple(default_nnunet.RESIDUAL_ENCODERS) == benchmark.RESIDUAL_ENCODERS


def test_a_missing_mask_is_found_before_anything_is_preprocessed(
    dataset: Dataset, commands: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["a,a,L1,1,1,1,0,", "b,b,L1,1,1,1,,"]
    table = dataset.root / "nnUNet_raw" / "Dataset007_Test" / "vertebrae.csv"
    table.write_text("\n".join(["case_id,patient_id,vertebra,x,y,z,grade,shape", *rows, ""]))
    (tmp_path / "masks").mkdir()
    assert main([*ARGUMENTS, "-o", str(tmp_path / "out"), "--masks", str(tmp_path / "masks")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "0 masks of case a" in line
    assert commands.run == []
