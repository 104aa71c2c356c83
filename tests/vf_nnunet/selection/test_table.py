"""The table as JSON, CSV and Markdown."""

import csv
import json
from pathlib import Path

from vf_nnunet.selection.result import Auc, ClassResult, ConfigurationResult
from vf_nnunet.selection.table import write_tables

NONE = ClassResult(None, None, None, 0, None)
FOUND = ClassResult(0.5, 0.25, 0.75, 4, 0.625)
RESULTS = [
    ConfigurationResult(
        "3d_fullres", 230_123, Auc(0.9, (0.8, 1.0)), Auc(0.7, (0.6, 0.8)), {"normal": FOUND, "fracture": NONE}
    ),
    ConfigurationResult("3d_1slice", 229_000, Auc(None, None), Auc(0.5, None), {"normal": NONE, "fracture": FOUND}),
]


def test_markdown_has_one_column_per_configuration(tmp_path: Path) -> None:
    text = write_tables(tmp_path, RESULTS, 68, 22)
    assert text == (tmp_path / "model_selection.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == "|  | 3d_fullres | 3d_1slice |"
    assert "| parameters | 230,123 | 229,000 |" in lines
    assert "| patient AUC | 0.900 (0.800 to 1.000) | - |" in lines
    assert "| vertebra AUC | 0.700 (0.600 to 0.800) | 0.500 |" in lines
    assert "| fracture, recall | - | 0.750 |" in lines
    assert "| normal, components | 4 | 0 |" in lines
    assert "68 cases" in lines[-1]
    assert "22 others" in lines[-1]
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1


def test_json_and_csv_agree(tmp_path: Path) -> None:
    write_tables(tmp_path, RESULTS, 68, 22)
    content = json.loads((tmp_path / "model_selection.json").read_text(encoding="utf-8"))
    with (tmp_path / "model_selection.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert (content["training_cases"], content["held_out_cases"]) == (68, 22)
    for found, row in zip(content["configurations"], rows, strict=True):
        assert row["configuration"] == found["configuration"]
        assert int(row["parameters"]) == found["parameters"]
        assert row["patient_auc"] == ("" if found["patient"]["value"] is None else str(found["patient"]["value"]))
        for name, values in found["classes"].items():
            assert row[f"{name}_components"] == str(values["components"])
            assert row[f"{name}_compactness"] == ("" if values["compactness"] is None else str(values["compactness"]))
