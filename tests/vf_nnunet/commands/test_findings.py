"""The command `findings`: maps of predict and of nnU-Net, with and without CTs, and bad input."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.spine.geometry import to_lps
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from evaluation.maps.probability_map import write_probability_map
from tests.vf_nnunet.small_spine import SmallSpine
from vf_nnunet.cli import main


def findings(*arguments: object) -> int:
    return main(["findings", *map(str, arguments)])


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_maps_with_their_ct(spine: SmallSpine, maps: Path, cts: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    assert findings("-i", maps, "-o", output, "--images", cts, "--lowest-vertebra", "l5") == 0
    result = read(output / "a.json")
    assert [entry["level"] for entry in result["vertebrae"]] == ["L1", "L2", "L3", "L4", "L5"]
    assert [entry["positive"] for entry in result["vertebrae"]] == [False, False, True, False, False]
    assert result["positive"]
    (finding,) = result["findings"]
    np.testing.assert_allclose(finding["centre_lps_mm"], spine.centres[2], atol=1)
    assert result["model"] == {"name": None, "dataset": None, "folds": None}
    assert set(result["fingerprint"]) == {"maps", "ct", "vf_nnunet", "vertebrae"}
    with (output / "vertebrae.csv").open(encoding="utf-8") as stream:
        assert [row["level"] for row in csv.DictReader(stream)] == ["L1", "L2", "L3", "L4", "L5"]


def test_without_the_ct_what_is_not_known_is_said(maps: Path, tmp_path: Path) -> None:
    assert findings("-i", maps / "a_fracture.nii.gz", "-o", tmp_path / "output") == 0
    result = read(tmp_path / "output" / "a.json")
    assert len(result["vertebrae"]) == 5
    assert {entry["trabecular_hu"] for entry in result["vertebrae"]} == {None}
    assert "without the CT" in result["warnings"][0]


def test_the_files_of_nnunet_give_the_same(spine: SmallSpine, maps: Path, tmp_path: Path) -> None:
    """They are stored on other axes here, and the labels are numbered by `dataset.json`."""
    folder = tmp_path / "nnunet"
    folder.mkdir()
    classes = np.stack([1 - spine.fracture - spine.normal, spine.fracture, spine.normal])
    flipped = spine.affine @ np.diag([-1.0, 1, 1, 1])
    flipped[0, 3] = spine.affine[0, 3] + spine.fracture.shape[2] - 1
    np.savez_compressed(folder / "a.npz", probabilities=classes[..., ::-1].astype(np.float32))
    nibabel.save(nibabel.Nifti1Image(np.zeros(spine.mask.T.shape, np.uint8), to_lps(flipped)), folder / "a.nii.gz")
    (folder / "dataset.json").write_text('{"labels": {"background": 0, "fracture": 1, "normal": 2}}')
    for name, source in (("one", maps), ("two", folder)):
        assert findings("-i", source, "-o", tmp_path / name) == 0
    one, two = (read(tmp_path / name / "a.json") for name in ("one", "two"))
    assert one["vertebrae"] == two["vertebrae"]
    assert one["findings"] == two["findings"]


def test_five_classes_of_nnunet_give_grades(spine: SmallSpine, tmp_path: Path) -> None:
    fractures = [0.2 * spine.fracture, 0.3 * spine.fracture, 0.5 * spine.fracture]
    classes = np.stack([1 - spine.fracture - spine.normal, spine.normal, *fractures]).astype(np.float32)
    np.savez_compressed(tmp_path / "a.npz", probabilities=classes)
    nibabel.save(
        nibabel.Nifti1Image(np.zeros(spine.mask.T.shape, np.uint8), to_lps(spine.affine)), tmp_path / "a.nii.gz"
    )
    names = ("background", "normal", "mild", "moderate", "severe")
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {name: value for value, name in enumerate(names)}}))
    assert findings("-i", tmp_path / "a.npz", "-o", tmp_path / "output") == 0
    third = read(tmp_path / "output" / "a.json")["vertebrae"][2]
    assert third["positive"]
    assert third["grade_probabilities"]["severe"] == pytest.approx(0.45, abs=0.01)


def test_what_predict_knows_of_a_map_is_carried_over(maps: Path, tmp_path: Path) -> None:
    model = {"name": "m", "dataset": "d", "folds": ["0"]}
    earlier = {"case_id": "a", "score": 0, "findings": [], "operating_point": {}, "model": model, "image": "a.mha"}
    (maps / "a.json").write_text(json.dumps(earlier))
    assert findings("-i", maps, "-o", tmp_path / "output") == 0
    result = read(tmp_path / "output" / "a.json")
    assert (result["model"], result["image"]) == (model, "a.mha")


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    error = capsys.readouterr().err.splitlines()
    return [line.removeprefix("vf_nnunet findings: ") for line in error if line.startswith("vf_nnunet findings: ")]


def test_a_case_that_fails_is_recorded_and_the_others_go_on(
    spine: SmallSpine, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Case b has no centroids, case c another grid for its second map, case d none."""
    for case in "bcd":
        write_probability_map(maps / f"{case}_fracture.nii.gz", spine.fracture, spine.affine)
        if case != "d":
            write_probability_map(
                maps / f"{case}_normal.nii.gz", spine.normal[: -1 if case == "c" else None], spine.affine
            )
    rows = [
        Vertebra(case, case, f"L{row + 1}", x, y, z)
        for case in "acd"
        for row, (x, y, z) in enumerate(spine.centres.tolist())
    ]
    table = tmp_path / "points.csv"
    write_vertebra_table(table, rows)
    output = tmp_path / "output"
    assert findings("-i", maps, "-o", output, "--centroids", table, "--format", "csv") == 2
    found = lines(capsys)
    assert len(found) == 3
    assert f"{table}: no centroid of case b; expected at least one" in found[0]
    assert "the map of normal has shape (189, 90, 80)" in found[1]
    assert found[2].endswith("d_normal.nii.gz: missing; expected the map of normal vertebrae beside that of fracture")
    assert list(read(output / "failed.json")) == ["b", "c", "d"]
    assert [path.name for path in sorted(output.glob("*.json"))] == ["a.json", "failed.json"]
    with (output / "vertebrae.csv").open(encoding="utf-8") as stream:
        assert {row["case_id"] for row in csv.DictReader(stream)} == {"a"}


def test_out_of_memory_advises_no_option_that_is_not_there(
    maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError("unable to allocate 9 GiB")

    monkeypatch.setattr("vf_nnunet.screening.map_case.report_map_case", exhausted)
    assert findings("-i", maps, "-o", tmp_path / "output") == 2
    path = maps / "a_fracture.nii.gz"
    assert lines(capsys) == [f"{path}: out of memory (unable to allocate 9 GiB); expected more free memory"]


def test_the_ct_of_another_case_is_refused(
    spine: SmallSpine, maps: Path, cts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = spine.affine.copy()
    elsewhere[2, 3] += 40
    write_volume(cts / "a.nii.gz", Volume(spine.hounsfield, elsewhere), np.int16)
    assert findings("-i", maps, "-o", tmp_path / "output", "--images", cts) == 2
    (line,) = lines(capsys)
    assert line.endswith(f"corners up to 40.0 mm from those of {cts / 'a.nii.gz'}; expected the maps of this CT")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lowest-vertebra", "X9"), "--lowest-vertebra X9: expected a level such as T1, L5 or L6"),
        (("--vertebra-threshold", "2"), "--vertebra-threshold 2.0: expected a number between 0 and 1"),
        (("--format", "csv"), "--format csv: nothing to read; expected --centroids or --vertebra-masks"),
        (("--centroids", "nowhere.csv"), "nowhere.csv: does not exist; expected a file or folder with centroids"),
        (("--vertebra-masks", "nowhere"), "nowhere: no such file or folder; expected masks of vertebrae"),
        (("--images", "nowhere"), "nowhere: no such file or folder; expected a CT or a folder of CTs"),
        (("-m", "a.vf", "--evaluation", "e"), "-m a.vf: given with --evaluation e; expected one of them"),
    ],
)
def test_bad_options_give_one_line(
    maps: Path, tmp_path: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert findings("-i", maps, "-o", tmp_path / "output", *options) == 2
    assert lines(capsys) == [message]
    assert not (tmp_path / "output").exists()


def test_the_folder_of_the_maps_is_not_written_to(maps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings("-i", maps, "-o", maps) == 2
    (line,) = lines(capsys)
    assert line == f"-o {maps}: the folder of the maps, whose results would be replaced; expected another folder"


def test_it_needs_neither_torch_nor_nnunet(maps: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from vf_nnunet.cli import main; "
        f"code = main(['findings', '-i', {str(maps)!r}, '-o', {str(tmp_path / 'output')!r}]); "
        "print(code, [name for name in ('torch', 'nnunetv2') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert result.stdout.splitlines()[-1] == "0 []"
