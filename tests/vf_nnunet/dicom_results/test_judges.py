"""Programs that others wrote find no error, and read the same numbers and places."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.vf_nnunet.dicom_results.cases import Case, make_case
from tests.vf_nnunet.dicom_results.judges import dcentvfy, dciodvfy, dicom_validator, segimage2itkimage, tid1500reader

OBJECTS = ("report", "findings", "vertebrae", "picture", "key_slices")
NEAR_MM = 0.5


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("judge", [dciodvfy, dicom_validator])
def test_validators_find_nothing(written: Case, judge: object, name: str) -> None:
    assert callable(judge)
    assert judge(written.folder / f"{name}.dcm") == []


@pytest.mark.parametrize("judge", [dciodvfy, dicom_validator])
def test_validators_find_what_is_wrong(written: Case, tmp_path: Path, judge: object) -> None:
    broken = pydicom.dcmread(written.folder / "report.dcm")
    del broken.ContentSequence[-1].ContentSequence[0].ContentSequence[0].ConceptNameCodeSequence, broken.CompletionFlag
    broken.save_as(tmp_path / "broken.dcm")
    assert callable(judge)
    assert len(judge(tmp_path / "broken.dcm")) >= 1


def test_objects_and_slices_do_not_contradict_each_other(written: Case) -> None:
    assert dcentvfy([*written.files, *written.folder.iterdir()]) == []


def test_the_report_is_read_back_with_the_same_numbers(written: Case, tmp_path: Path) -> None:
    patient, finding, *vertebrae = tid1500reader(written.folder / "report.dcm", tmp_path)
    result = written.result
    assert _numbers(patient)["SCORE"] == result["score"]
    assert _numbers(patient)["PROB_THRESHOLD"] == 0.5
    assert _numbers(finding)["118565006"] == result["findings"][0]["volume_mm3"]
    assert [group["FindingSite"]["CodeValue"] for group in vertebrae] == ["23215003", "51282000", "L6_VERTEBRA"]
    assert [group["TrackingIdentifier"] for group in vertebrae] == ["T12", "vertebra 2", "L6"]
    assert [group["Finding"]["CodeValue"] for group in vertebrae] == ["51282000", "42942008", "51282000"]
    first, second, third = map(_numbers, vertebrae)
    assert first["122157"] == 0.0312
    assert "GRADE0_PROB" not in first
    assert (second["GRADE3_PROB"], second["HEIGHT_POSTERIOR"], second["LOSS_OWN"]) == (0.1, 25.0, 0.18)
    assert second["112182"] == 101.0
    assert third.keys() == {"LEVEL_PROB", "CENTRE_X", "CENTRE_Y", "CENTRE_Z"}
    centres = [[numbers[f"CENTRE_{axis}"] for axis in "XYZ"] for numbers in (first, second, third)]
    np.testing.assert_array_equal(centres, written.centres)
    algorithm = patient["measurementAlgorithmIdentification"]
    assert algorithm["AlgorithmName"] == "vf_nnunet"


def _numbers(group: dict[str, list[dict[str, dict[str, str]]]]) -> dict[str, float]:
    return {item["quantity"]["CodeValue"]: float(str(item["value"])) for item in group["measurementItems"]}


@pytest.mark.parametrize(
    ("kind", "enhanced"),
    [*((kind, False) for kind in ("oblique", "from the head down", "negated", "sagittal")), ("mirrored", True)],
)
def test_segments_are_read_back_in_the_same_places(tmp_path: Path, kind: str, enhanced: bool) -> None:
    """VerSe and TotalSegmentator know of wrong sides in other writers, where directions are negative."""
    case = make_case(tmp_path, kind, enhanced)
    case.write()
    for name, expected in (("vertebrae", case.centres), ("findings", case.centres[1:2])):
        found = segimage2itkimage(case.folder / f"{name}.dcm", tmp_path)
        np.testing.assert_allclose(found, expected, atol=NEAR_MM)
