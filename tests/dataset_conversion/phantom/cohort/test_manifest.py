"""cohort.json."""

import json
from pathlib import Path

import pytest

from dataset_conversion.phantom.cohort.case import plan_case
from dataset_conversion.phantom.cohort.manifest import DRAWING, claim, complete
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.spine.errors import InputError


def test_a_completed_record_says_what_the_cohort_is(tmp_path: Path) -> None:
    claim(tmp_path / "cohort", 3, SPINE)
    complete(tmp_path / "cohort", 3, SPINE, [plan_case(3, case, SPINE) for case in range(20)])
    record = json.loads((tmp_path / "cohort" / "cohort.json").read_text(encoding="utf-8"))
    assert "patients" in record["note"]
    assert record["seed"] == 3
    assert record["drawing"] == DRAWING
    assert record["counts"]["cases"] == {"found": 20, "paper": 90}
    assert record["counts"]["cases_without_fracture"]["found"] == 5
    assert record["ceiling_of_true_heights"]["vertebra_auc"] > 0.95
    assert record["settings"]["shape"]["node_chance"] == SPINE.shape.node_chance


def test_a_completed_record_still_claims_its_folder(tmp_path: Path) -> None:
    complete_folder = tmp_path / "cohort"
    claim(complete_folder, 3, SPINE)
    complete(complete_folder, 3, SPINE, [plan_case(3, 0, SPINE)])
    claim(complete_folder, 3, SPINE)
    with pytest.raises(InputError, match="records another cohort, wanted seed 4"):
        claim(complete_folder, 4, SPINE)


@pytest.mark.parametrize("content", ["", "[]", '{"seed": 3}'])
def test_a_damaged_record_claims_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "cohort.json").write_text(content)
    with pytest.raises(InputError, match="records another cohort"):
        claim(tmp_path, 3, SPINE)
