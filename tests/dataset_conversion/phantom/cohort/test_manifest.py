"""`cohort.json`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dataset_conversion.phantom.cohort.case import plan_case
from dataset_conversion.phantom.cohort.manifest import DRAWING, claim_folder, complete_manifest
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.phantom.settings.tissue import ArmSettings
from dataset_conversion.spine.errors import InputError


def test_a_completed_manifest_describes_the_cohort(tmp_path: Path) -> None:
    claim_folder(tmp_path / "cohort", 3, SPINE)
    complete_manifest(tmp_path / "cohort", 3, SPINE, [plan_case(3, case, SPINE) for case in range(20)])
    manifest = json.loads((tmp_path / "cohort" / "cohort.json").read_text(encoding="utf-8"))
    assert "patients" in manifest["note"]
    assert manifest["seed"] == 3
    assert manifest["drawing"] == DRAWING
    assert manifest["counts"]["cases"] == {"found": 20, "paper": 90}
    assert manifest["counts"]["cases_without_fracture"]["found"] == 5
    assert manifest["ceiling_of_true_heights"]["vertebra_auc"] > 0.95
    assert manifest["settings"]["shape"]["node_chance"] == SPINE.shape.node_chance


def test_a_completed_manifest_still_claims_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    claim_folder(folder, 3, SPINE)
    complete_manifest(folder, 3, SPINE, [plan_case(3, 0, SPINE)])
    claim_folder(folder, 3, SPINE)
    with pytest.raises(InputError, match="describes another cohort; expected seed 4"):
        claim_folder(folder, 4, SPINE)


@pytest.mark.parametrize("content", ["", "[]", '{"seed": 3}'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "cohort.json").write_text(content)
    with pytest.raises(InputError, match="describes another cohort"):
        claim_folder(tmp_path, 3, SPINE)


def test_a_record_from_before_a_setting_existed_means_its_default(tmp_path: Path) -> None:
    claim_folder(tmp_path / "cohort", 3, SPINE)
    path = tmp_path / "cohort" / "cohort.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for name in ("arms", "lesions", "implants", "variation"):
        del record["settings"][name]
    del record["settings"]["scanners"][0]["overshoot"]
    path.write_text(json.dumps(record))
    claim_folder(tmp_path / "cohort", 3, SPINE)
    with pytest.raises(InputError, match="describes another cohort"):
        claim_folder(tmp_path / "cohort", 3, replace(SPINE, arms=ArmSettings(chance=0.5)))
    record["settings"]["unknown"] = 1
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match="describes another cohort"):
        claim_folder(tmp_path / "cohort", 3, SPINE)
