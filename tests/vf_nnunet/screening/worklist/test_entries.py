"""What the page says about a case."""

import json
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.screening.worklist.results import result, vertebra, write_result
from vf_nnunet.screening.worklist.entries import as_text, failed_entry, read_entry


def test_places_are_in_ras_and_findings_are_named_after_the_nearest_vertebra(tmp_path: Path) -> None:
    write_result(tmp_path, "a", [0.1, 0.8])
    entry = read_entry(tmp_path, "a").content
    assert [one["place"] for one in entry["vertebrae"]] == [[-1.0, -2.0, 200.0], [-1.0, -2.0, 170.0]]
    (finding,) = entry["findings"]
    assert finding["vertebra"] == 1
    assert (entry["thumbnail"], entry["has_volumes"]) == (None, False)


def test_a_finding_far_from_all_vertebrae_is_named_after_none(tmp_path: Path) -> None:
    far = [{"centre_lps_mm": [100.0, 2.0, 200.0], "volume_mm3": 900.0, "peak_probability": 0.9}]
    write_result(tmp_path, "a", [0.1], findings=far)
    assert read_entry(tmp_path, "a").content["findings"][0]["vertebra"] is None


def test_the_most_probable_grade_is_shown(tmp_path: Path) -> None:
    grades = {"normal": 0.2, "mild": 0.1, "moderate": 0.6, "severe": 0.1}
    write_result(tmp_path, "a", [], vertebrae=[vertebra("L1", 0.8, 0, grade_probabilities=grades)])
    assert read_entry(tmp_path, "a").content["vertebrae"][0]["grade"] == 2


def test_a_warning_of_all_vertebrae_is_one_of_the_case(tmp_path: Path) -> None:
    vertebrae = [vertebra(f"L{n}", 0.1, n, warnings=["contrast", *(["dense"] if n == 1 else [])]) for n in (1, 2)]
    cut = vertebra("L3", None, 3)
    write_result(tmp_path, "a", [], vertebrae=[*vertebrae, cut], warnings=["/some/where/a.nii.gz: tilted"])
    entry = read_entry(tmp_path, "a").content
    assert entry["warnings"] == ["tilted", "contrast"]
    assert [one["warnings"] for one in entry["vertebrae"]] == [["dense"], [], []]


def test_no_text_ends_the_script_in_which_it_stands() -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    text = as_text(failed_entry(evil, [evil, "\u2028"]))
    assert not set("<>&\u2028\n") & set(text)
    assert json.loads(text) == {"case": evil, "failure": [evil, "\u2028"]}


def test_a_result_that_is_not_whole_is_named(tmp_path: Path) -> None:
    content = result("a", [0.5])
    del content["vertebrae"][0]["centre_lps_mm"]
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"a\.json: not a whole result \(KeyError\('centre_lps_mm'\)\)"):
        read_entry(tmp_path, "a")


def test_results_of_earlier_versions_have_no_vertebrae(tmp_path: Path) -> None:
    content = result("a", [0.9])
    for name in ("vertebrae", "vertebra_level", "warnings", "image"):
        del content[name]
    (tmp_path / "a.json").write_text(json.dumps(content))
    entry, origin = read_entry(tmp_path, "a")
    assert entry["vertebrae"] == []
    assert entry["positive"]
    assert origin["vertebra_point"] == {}
