"""Two requests have the same identity when they would give the same dataset from the same files."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from dataset_conversion.dataset.request import LABELLING, ConversionRequest
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.labels.placement import EllipsoidSettings

REQUEST = ConversionRequest(Path("images"), Path("vertebrae.csv"))


def test_the_identity_is_plain_json() -> None:
    identity = REQUEST.identity()
    assert identity == json.loads(json.dumps(identity))
    assert list(identity) == ["labelling", "options", "settings"]
    assert identity["labelling"] == LABELLING
    assert identity["options"] == {"annotation_format": None}
    assert identity["settings"] | {"classes": "fracture"} == json.loads(json.dumps(asdict(ConversionSettings())))


def test_the_classes_are_part_of_the_identity_where_there_is_one_for_each_grade() -> None:
    """A dataset from before there was a choice keeps its identity."""
    grades = replace(REQUEST, settings=ConversionSettings(classes="grades")).identity()
    assert "classes" not in REQUEST.identity()["settings"]
    assert grades["settings"] == REQUEST.identity()["settings"] | {"classes": "grades"}


def test_format_and_settings_change_the_identity_and_paths_do_not() -> None:
    wider = ConversionSettings(ellipsoids=EllipsoidSettings(width_share=0.9))
    assert replace(REQUEST, annotation_format="csv").identity() != REQUEST.identity()
    assert replace(REQUEST, settings=wider).identity() != REQUEST.identity()
    assert replace(REQUEST, images=Path("elsewhere")).identity() == REQUEST.identity()


def test_the_files_of_all_sources_are_inputs(tmp_path: Path) -> None:
    (tmp_path / "cts").mkdir()
    for name in ("cts/a.nii.gz", "table.csv", "grades.xlsx"):
        (tmp_path / name).touch()
    request = ConversionRequest(tmp_path / "cts", tmp_path / "table.csv", tmp_path / "grades.xlsx")
    assert list(request.input_paths(tmp_path / "raw")) == [
        "images/a.nii.gz",
        "annotations/table.csv",
        "grades/grades.xlsx",
    ]
