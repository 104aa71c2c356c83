"""The table as JSON, CSV and Markdown."""

import csv
import json
from pathlib import Path

from vf_nnunet.benchmark.accuracy import Record
from vf_nnunet.benchmark.ratios import SECTION as RATIOS
from vf_nnunet.benchmark.table import SPEED, as_markdown, write_table

RECORDS: dict[str, Record] = {
    "vf_nnunet": {
        "patients": {"number": 40, "auc_hull": 0.91034, "auc_hull_ci95": [0.8, 0.97]},
        "network": {"parameters": 230_835, "plans": "nnUNetVFPlans"},
    },
    "nnU-Net": {
        "patients": {"number": 40, "auc_hull": None, "vf_nnunet_minus_this_hull": 0.05},
        "network": {"parameters": 30_786_799},
        "prediction": {"seconds": 10373.2},
    },
    "height rule": {"patients": {"auc_hull": 1.0}},
}


def test_rows_are_grouped_by_section() -> None:
    lines = as_markdown(RECORDS, ["One note.", "Another."]).splitlines()
    assert lines[4:] == [
        "| | vf_nnunet | nnU-Net | height rule |",
        "|---|---|---|---|",
        "| patients: number | 40 | 40 | - |",
        "| patients: auc hull | 0.9103 | - | 1 |",
        "| patients: auc hull ci95 | 0.8 to 0.97 | - | - |",
        "| patients: vf nnunet minus this hull | - | 0.05 | - |",
        "| network: parameters | 230,835 | 30,786,799 | - |",
        "| network: plans | nnUNetVFPlans | - | - |",
        "| prediction: seconds | - | 10,373 | - |",
        "",
        "- One note.",
        "- Another.",
    ]


def test_the_table_of_speed_has_a_row_per_arm() -> None:
    how = {"backend": "torch", "precision": "float32", "threads": 2, "device": "cpu"}
    records: dict[str, Record] = {
        "vf_nnunet": {"prediction": {**how, "backend": "openvino", "seconds": 2.0}},
        "nnU-Net": {
            "prediction": {**how, "seconds": 40.0, "seconds_with_default_mirroring": 320.0},
            "training": {**how, "seconds_per_million_voxels_learned": 3.5},
            RATIOS: {"prediction_as_shipped": 160.0, "prediction_one_pass_like_with_like": 5.0},
        },
        "height rule": {"patients": {"auc_hull": 1.0}},
    }
    header, _, *rows = as_markdown(records, []).split("\n\n")[0].splitlines()
    assert [cell.strip() for cell in header.split("|")[1:-1]] == ["arm", *SPEED]
    assert rows == [
        "| vf_nnunet | openvino, float32, 2, cpu | 2 | - | - | - | - | - | - |",
        "| nnU-Net | torch, float32, 2, cpu | 40 | 320 | 160 | 5 | torch, float32, 2, cpu | 3.5 | - |",
    ]


def test_a_table_without_predictions_has_no_table_of_speed() -> None:
    assert as_markdown({"height rule": RECORDS["height rule"]}, []).startswith("| | height rule |")


def test_all_files_have_the_same_content(tmp_path: Path) -> None:
    write_table(tmp_path, RECORDS, ["A note."])
    content = json.loads((tmp_path / "benchmark.json").read_text(encoding="utf-8"))
    assert content == {"columns": RECORDS, "notes": ["A note."]}
    assert (tmp_path / "benchmark.md").read_text(encoding="utf-8") == as_markdown(RECORDS, ["A note."])
    with (tmp_path / "benchmark.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["section", "measure", "vf_nnunet", "nnU-Net", "height rule"]
    assert rows[2] == ["patients", "auc_hull", "0.91034", "", "1.0"]
    assert len(rows) == 8
