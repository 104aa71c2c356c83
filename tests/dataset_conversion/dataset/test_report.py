import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dataset_conversion.dataset.inputs import write_inputs
from dataset_conversion.dataset.report import count, is_converted, read_counts, write_report
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.spine.records.file_records import FileRecord
from dataset_conversion.spine.records.source_counts import SourceCount
from dataset_conversion.spine.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]


@pytest.fixture
def request_(tmp_path: Path) -> ConversionRequest:
    """A request for one small table."""
    table = tmp_path / "table.csv"
    table.write_text("x\n")
    return ConversionRequest(tmp_path / "images", table)


def test_counts_are_in_order_down_the_spine(case: MakeCase) -> None:
    counts = count([*case("b", L1=None), *case("a", patient_id="b")][::-1])
    assert (counts["cases"], counts["patients"], counts["vertebrae"]) == (2, 1, 6)
    assert counts["by_grade"] == {"0": 4, "1": 0, "2": 1, "3": 0, "not graded": 1}
    assert list(counts["by_level"]) == ["T12", "L1", "L2"]
    assert counts["by_level"]["L1"] == {"0": 0, "1": 0, "2": 1, "3": 0, "not graded": 1}


def test_the_report_says_what_was_asked_for_and_found(
    request_: ConversionRequest, tmp_path: Path, case: MakeCase
) -> None:
    inputs = {"annotations/table.csv": FileRecord(2, 5, "abc")}
    write_report(tmp_path, request_, inputs, case("a"), ["look here"], {"points": SourceCount(4, 3)})
    report = json.loads((tmp_path / "conversion_report.json").read_text(encoding="utf-8"))
    assert list(report) == ["labelling", "options", "settings", "versions", "inputs", "sources", "counts", "warnings"]
    assert report["sources"] == {"points": {"read": 4, "used": 3}}
    assert read_counts(tmp_path) == {"points": SourceCount(4, 3)}
    assert read_counts(tmp_path / "absent") == {}
    assert report["inputs"].items() >= {"annotations": str(request_.annotations), "grades": None, "bytes": 2}.items()
    assert report["warnings"] == ["look here"]
    assert report["settings"]["splits"]["folds"] == 5


def test_a_dataset_is_known_by_its_request(request_: ConversionRequest, tmp_path: Path, case: MakeCase) -> None:
    folder = tmp_path / "raw" / "dataset"
    folder.mkdir(parents=True)
    assert not is_converted(folder, request_)
    write_report(folder, request_, {}, case("a"), [], {})
    assert not is_converted(folder, request_)
    write_inputs(folder, {"annotations/table.csv": FileRecord(2, request_.annotations.stat().st_mtime_ns, "abc")})
    assert is_converted(folder, request_)
    assert not is_converted(folder, replace(request_, annotation_format="csv"))
    assert not is_converted(folder, replace(request_, settings=ConversionSettings(fracture_grade=2)))
    assert not is_converted(folder, replace(request_, grades=request_.annotations))


@pytest.mark.parametrize(("labelling", "level", "same"), [(2, "T12", True), (2, "C1", False), (1, "T12", False)])
def test_a_dataset_of_an_earlier_labelling_is_the_same_without_c1(
    request_: ConversionRequest, tmp_path: Path, case: MakeCase, labelling: int, level: str, same: bool
) -> None:
    """Labels of earlier versions hold an ellipsoid of C1."""
    folder = tmp_path / "raw" / "dataset"
    folder.mkdir(parents=True)
    write_report(folder, request_, {}, [replace(case("a")[0], vertebra=level)], [], {})
    write_inputs(folder, {"annotations/table.csv": FileRecord(2, request_.annotations.stat().st_mtime_ns, "abc")})
    path = folder / "conversion_report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**report, "labelling": labelling}), encoding="utf-8")
    assert is_converted(folder, request_) == same
