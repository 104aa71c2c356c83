"""The command `transfer`: CTs with masks, a small model, messages and exit codes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset_conversion.images.volume import Volume, write_volume
from evaluation.maps.probability_map import read_probability_map, write_probability_map
from tests.vf_nnunet.models import tiny_model
from tests.vf_nnunet.small_spine import SmallSpine
from vf_nnunet.cli import main
from vf_nnunet.model import default_model
from vf_nnunet.model.default_model import CAUTION
from vf_nnunet.model.model_file import write_model_file

FIRST_ROW = 76
"""The CTs of these tests show the upper three bodies, of which the third is fractured."""
PATIENTS = {"youden": {"probability_threshold": 0.7, "noise_threshold": 8}}
ANNOTATED = {
    "operating_points": {"youden": {"probability_threshold": 0.3}},
    "calibration": None,
    "cube_side": 10,
    "sigma_per_side": 0.25,
    "scores": "annotated centres",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small model with the operating points of an evaluation."""
    tiny = tiny_model()
    card = replace(tiny.card, operating_points=PATIENTS, vertebra_level={"annotated": ANNOTATED})
    path = tmp_path / "model.vf"
    write_model_file(path, replace(tiny, card=card))
    return path


@pytest.fixture
def cts(spine: SmallSpine, tmp_path: Path) -> Path:
    """Two CTs of the spine; their masks are in the folder beside theirs."""
    affine = spine.affine.copy()
    affine[2, 3] += FIRST_ROW
    for case in "ab":
        for folder, name, array, kind in (
            ("cts", f"{case}.nii.gz", spine.hounsfield.round(), np.int16),
            ("masks", f"{case}_seg.nii.gz", spine.mask, np.uint8),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            write_volume(tmp_path / folder / name, Volume(array[FIRST_ROW:], affine), kind)
    return tmp_path / "cts"


def transfer(cts: Path, model: Path, *options: object) -> int:
    parent = cts.parent
    arguments = ("-i", cts, "--vertebra-masks", parent / "masks", "-m", model, "-o", parent / "output", *options)
    return main(["transfer", *map(str, arguments), "-device", "cpu"])


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    error = capsys.readouterr().err.splitlines()
    return [line.removeprefix("vf_nnunet transfer: ") for line in error if line.startswith("vf_nnunet transfer: ")]


def test_the_table(spine: SmallSpine, cts: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert transfer(cts, model) == 0
    output = cts.parent / "output"
    assert capsys.readouterr().out == (output / "transfer.md").read_text(encoding="utf-8")
    content = read(output / "transfer.json")
    assert list(content["cases"]) == ["a", "b"]
    assert content["all"]["vertebrae"] == 6
    assert content["all"]["normal"] == 6
    assert content["settings"]["vertebra_threshold"] == 0.3
    assert content["model"]["folds"] == ["0", "1"]
    # Predicted with the operating point of the model file, by the code of predict.
    assert read(output / "predictions" / "a.json")["operating_point"]["probability_threshold"] == 0.7


def test_it_measures_the_maps_that_are_there_and_predicts_only_what_is_missing(
    spine: SmallSpine, cts: Path, model: Path
) -> None:
    """The maps of case a are replaced by those of a model that is right."""
    assert transfer(cts, model) == 0
    predictions = cts.parent / "output" / "predictions"
    for name, probability in (("fracture", spine.fracture), ("normal", spine.normal)):
        path = predictions / f"a_{name}.nii.gz"
        affine = read_probability_map(path).affine
        write_probability_map(path, probability[FIRST_ROW:], affine)
    made = (predictions / "b.json").stat().st_mtime_ns
    grades = cts.parent / "grades"
    grades.mkdir()
    for case in "ab":
        (grades / f"{case}.txt").write_text("L1 0\nL2 0\nL3 2 wedge\n")
    assert transfer(cts, model, "--grades", grades) == 0
    row = read(cts.parent / "output" / "transfer.json")["cases"]["a"]
    assert (row["vertebrae"], row["found"], row["located"], row["false"]) == (3, 3, 3, 0)
    assert (row["normal"], row["normal_positive"], row["fractured"], row["fractured_positive"]) == (2, 0, 1, 1)
    assert row["fracture_outside_share"] == 0
    assert (predictions / "b.json").stat().st_mtime_ns == made


def test_a_ct_that_cannot_be_read_is_reported_and_the_others_measured(
    cts: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    volume = (cts / "b.nii.gz").read_bytes()
    (cts / "b.nii.gz").write_bytes(volume[:-4000])
    assert transfer(cts, model) == 2
    assert "b.nii.gz" in lines(capsys)[0]
    content = read(cts.parent / "output" / "transfer.json")
    assert list(content["cases"]) == ["a"]
    assert content["notes"][-1] == "b is missing: it could not be predicted"


def test_masks_are_checked_before_anything_is_predicted(
    cts: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = cts.parent / "masks"
    (masks / "b_seg.nii.gz").unlink()
    assert transfer(cts, model) == 2
    assert lines(capsys) == [f"{masks}: no masks of case b; expected those of each case"]
    shutil.copy(cts / "a.nii.gz", masks / "b_seg.nii.gz")
    assert transfer(cts, model) == 2
    assert "b_seg.nii.gz: values from" in lines(capsys)[0]
    assert not (cts.parent / "output").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--vertebra-threshold", "1"), "--vertebra-threshold 1.0: expected a number between 0 and 1"),
        (("--probability-threshold", "0"), "--probability-threshold 0.0: expected a number between 0 and 1"),
    ],
)
def test_bad_options(
    cts: Path, model: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert transfer(cts, model, *options) == 2
    assert lines(capsys) == [message]


def test_the_output_does_not_lie_among_the_cts(cts: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert transfer(cts, model, "-o", cts / "output") == 2
    assert lines(capsys)[0].startswith(f"-o {cts / 'output'}: lies in -i {cts}")


def test_without_a_model_that_of_the_package_is_measured(
    cts: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(default_model, "PHANTOM_FILE", model)
    output = cts.parent / "output"
    command = ["transfer", "-i", cts, "--vertebra-masks", cts.parent / "masks", "-o", output, "-device", "cpu"]
    assert main([*map(str, command)]) == 0
    assert f"warning: {CAUTION}" in capsys.readouterr().err
    assert read(output / "transfer.json")["notes"][-1] == CAUTION
    assert read(output / "predictions" / "a.json")["warnings"][0] == CAUTION
