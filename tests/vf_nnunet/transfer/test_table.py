"""The numbers of several CTs together, and the table."""

import json
from pathlib import Path

from vf_nnunet.transfer.measure import BodyMeasure, CaseMeasure, DiscMeasure
from vf_nnunet.transfer.settings import DEFAULT_SETTINGS
from vf_nnunet.transfer.table import summarise, write_table

NORMAL = BodyMeasure("L1", False, True, 2.0, 0.1, 0.9)
POSITIVE = BodyMeasure("L2", False, True, 4.0, 0.5, 0.4)
FRACTURED = BodyMeasure("L3", True, False, 30.0, 0.7, 0.1)
UNGRADED = BodyMeasure("L4", None, False, None, 0.9, 0.0)
FIRST = CaseMeasure(
    bodies=(NORMAL, POSITIVE, FRACTURED),
    discs=(DiscMeasure("L1", 0.3, 0.3), DiscMeasure("L2", 0.0, 0.2)),
    located=4,
    inserted=1,
    false=1,
    beyond=1,
    fracture_mm3=3000.0,
    outside_mm3=1000.0,
)
SECOND = CaseMeasure(
    bodies=(UNGRADED,), discs=(), located=0, inserted=0, false=0, beyond=0, fracture_mm3=0.0, outside_mm3=0.0
)


def test_one_ct() -> None:
    row = summarise([FIRST], 0.5, DEFAULT_SETTINGS)
    assert row == {
        "vertebrae": 3,
        "found": 2,
        "median_distance_mm": 4.0,
        "located": 4,
        "inserted": 1,
        "false": 1,
        "false_beyond_masks": 1,
        "normal": 2,
        "normal_fracture_median": 0.3,
        "normal_fracture_max": 0.5,
        "normal_positive": 1,
        "fractured": 1,
        "fractured_fracture_median": 0.7,
        "fractured_positive": 1,
        "body_normal_median": 0.65,
        "discs": 2,
        "disc_normal_median": 0.25,
        "disc_fracture_median": 0.15,
        "discs_marked": 1,
        "fracture_cm3": 3.0,
        "fracture_outside_share": 0.3333,
    }


def test_an_ungraded_ct_without_located_vertebrae_has_no_medians() -> None:
    row = summarise([SECOND], 0.5, DEFAULT_SETTINGS)
    assert {name for name, value in row.items() if value is None} == {
        "median_distance_mm",
        "normal_fracture_median",
        "normal_fracture_max",
        "fractured_fracture_median",
        "body_normal_median",
        "disc_normal_median",
        "disc_fracture_median",
        "fracture_outside_share",
    }


def test_the_files(tmp_path: Path) -> None:
    markdown = write_table(tmp_path, {"a": FIRST, "b": SECOND}, 0.5, {"model": "m"}, ["a note"], DEFAULT_SETTINGS)
    assert markdown == (tmp_path / "transfer.md").read_text(encoding="utf-8")
    head, _, first, second, total, _, note = markdown.splitlines()
    assert head.startswith("| CT | vertebrae | found |")
    assert first.startswith("| a | 3 | 2 of 3 (67%) | 4.0 | 4 | 1 of 4 (25%) | 1 | 0.300 | 0.500 | 1 of 2 (50%) |")
    assert second.startswith("| b | 1 | 0 of 1 (0%) | - | 0 | - | 0 | - | - | - |")
    assert total.startswith("| **all** | 4 | 2 of 4 (50%) |")
    assert first.endswith("| 1 of 2 (50%) | 3.0 | 33% |")
    assert note == "- a note"
    content = json.loads((tmp_path / "transfer.json").read_text(encoding="utf-8"))
    assert content["all"]["vertebrae"] == 4
    assert content["model"] == "m"
    assert list(content["cases"]) == ["a", "b"]
    assert content["measured"]["a"]["bodies"][2]["level"] == "L3"
    assert content["settings"] == {"found_within": 10.0, "disc_side": 4, "marked": 0.5, "vertebra_threshold": 0.5}


def test_without_fractures_there_is_no_column_about_them(tmp_path: Path) -> None:
    assert "fractured" not in write_table(tmp_path, {"b": SECOND}, 0.5, {}, [], DEFAULT_SETTINGS).splitlines()[0]
