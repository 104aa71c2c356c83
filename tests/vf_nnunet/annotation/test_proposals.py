import json
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from tests.vf_nnunet.annotation.images import write_ct
from vf_nnunet.annotation.proposals import open_proposals
from vf_nnunet.screening import case


def test_an_annotation_proposes_places_without_grades(tmp_path: Path) -> None:
    cts = {"a": write_ct(tmp_path / "a.nii.gz"), "b": write_ct(tmp_path / "b.nii.gz"), "c": tmp_path / "missing.nii.gz"}
    rows = [Vertebra("a", "a", level, 20.0, 25.0, z, 2) for level, z in (("L1", 45.0), ("L2", 15.0))]
    write_vertebra_table(tmp_path / "earlier.csv", rows)
    propose = open_proposals(str(tmp_path / "earlier.csv"), cts)
    assert [(one.vertebra, one.point) for one in propose.of_case("a")] == [("L1", (20, 25, 45)), ("L2", (20, 25, 15))]
    assert propose.of_case("b") == []
    with pytest.raises(InputError, match="nothing for any case"):
        open_proposals(str(tmp_path / "earlier.csv"), {"b": cts["b"]})


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        open_proposals(str(tmp_path / "gone"), {})
    with pytest.raises(InputError, match="no such file"):
        open_proposals(str(tmp_path / "gone.vf"), {})


def test_a_model_proposes_what_it_locates(
    tmp_path: Path, untrained_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is computed; what a trained one would locate is put into its result."""
    located = [
        {"level": "L1", "centre_lps_mm": [1.0, 2.0, 3.0]},
        {"level": None, "centre_lps_mm": [1.0, 2.0, -30.0]},
    ]
    compute = case.screen_case

    def screen(name: str, ct: Path, output: Path, *others: Any) -> tuple[str, ...]:
        warnings = compute(name, ct, output, *others)
        content = json.loads((output / f"{name}.json").read_text(encoding="utf-8"))
        assert "vertebrae" in content
        write_json(output / f"{name}.json", {**content, "vertebrae": located})
        return warnings

    monkeypatch.setattr(case, "screen_case", screen)
    propose = open_proposals(str(untrained_model), {"a": write_ct(tmp_path / "a.nii.gz")})
    assert [(one.vertebra, one.point) for one in propose.of_case("a")] == [("L1", (1, 2, 3)), (None, (1, 2, -30))]
