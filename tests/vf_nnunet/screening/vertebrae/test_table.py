"""`vertebrae.csv`, the table of all results in a folder."""

import csv
from pathlib import Path
from typing import Any

from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from vf_nnunet.screening.vertebrae.table import COLUMNS, TABLE, check_table, write_table

ENTRY: dict[str, Any] = {
    "level": "L1",
    "level_probability": 0.9,
    "position": "lowest",
    "centre_lps_mm": [1.0, 2.0, 3.0],
    "score": 0.8,
    "fracture_probability": 0.7,
    "positive": True,
    "grade_probabilities": {"normal": 0.1, "mild": 0.2, "moderate": 0.3, "severe": 0.4},
    "heights_mm": {"anterior": 20.0, "middle": 21.0, "posterior": 25.0},
    "height_loss": {"own": 0.2, "neighbour": None},
    "trabecular_hu": 90.0,
    "not_evaluable": None,
    "warnings": ["one", "two"],
}
NOTHING: dict[str, Any] = {
    **dict.fromkeys(ENTRY),
    "centre_lps_mm": [4.0, 5.0, 6.0],
    "not_evaluable": "cut",
    "warnings": [],
}


def test_one_row_per_vertebra(tmp_path: Path) -> None:
    results: list[dict[str, Any]] = [
        {"case_id": "a", "vertebrae": [ENTRY, NOTHING]},
        {"case_id": "b"},
        {"case_id": "c", "vertebrae": [ENTRY]},
    ]
    write_table(tmp_path, results)
    with (tmp_path / TABLE).open(newline="", encoding="utf-8") as stream:
        first, second, third = csv.DictReader(stream)
    assert list(first) == list(COLUMNS)
    assert (first["case_id"], first["number"], third["case_id"], third["number"]) == ("a", "1", "c", "1")
    assert (first["positive"], first["probability_severe"], first["middle_mm"], first["loss_own"]) == (
        *("1", "0.4", "21.0", "0.2"),
    )
    assert first["warnings"] == "one; two"
    said = {name: value for name, value in second.items() if value}
    assert said == {"case_id": "a", "number": "2", "x": "4.0", "y": "5.0", "z": "6.0", "not_evaluable": "cut"}


def test_an_own_table_is_replaced_and_another_one_is_not(tmp_path: Path) -> None:
    assert check_table(tmp_path) == []
    write_table(tmp_path, [])
    assert check_table(tmp_path) == []
    write_vertebra_table(tmp_path / TABLE, [Vertebra("a", "a", "L1", 1.0, 2.0, 3.0)])
    (problem,) = check_table(tmp_path)
    assert problem == (
        f"{tmp_path / TABLE}: not a table of vf_nnunet predict and would be replaced; expected another output folder"
    )


def test_the_caution_of_the_model_is_in_every_row(tmp_path: Path) -> None:
    models: list[Any] = [{"caution": "Trained on phantoms only."}, None]
    results = [
        {"case_id": case, "vertebrae": [ENTRY], "model": model} for case, model in zip("ab", models, strict=True)
    ]
    write_table(tmp_path, results)
    with (tmp_path / "vertebrae.csv").open(encoding="utf-8") as stream:
        warnings = [row["warnings"] for row in csv.DictReader(stream)]
    assert warnings == ["Trained on phantoms only; one; two", "one; two"]
