"""Given thresholds are used first, then the evaluation's, then the default."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.screening.operating_point import OperatingPoint, choose_operating_point, patient_points, read_summary

POINTS: dict[str, dict[str, Any]] = {
    "youden": {"probability_threshold": 0.91, "noise_threshold": 1000},
    "target_sensitivity": {"probability_threshold": 0.7, "noise_threshold": 8},
    "impossible": {"probability_threshold": None, "noise_threshold": 8},
    "everybody": {"probability_threshold": 0.0, "noise_threshold": 8},
}


def thresholds(point: OperatingPoint) -> tuple[float, int]:
    return point.probability_threshold, point.noise_threshold_voxels


def test_without_an_evaluation() -> None:
    point = choose_operating_point(None)
    assert thresholds(point) == (0.5, 125)
    assert "default" in point.source


def test_of_an_evaluation() -> None:
    assert thresholds(choose_operating_point(POINTS)) == (0.91, 1000)
    point = choose_operating_point(POINTS, "target_sensitivity")
    assert thresholds(point) == (0.7, 8)
    assert point.source == "target_sensitivity point of the model's evaluation"


def test_given_thresholds_are_used_first() -> None:
    assert thresholds(choose_operating_point(POINTS, probability_threshold=0.3)) == (0.3, 1000)
    point = choose_operating_point(POINTS, noise_threshold=5)
    assert thresholds(point) == (0.91, 5)
    assert point.source == "command line"


@pytest.mark.parametrize(
    ("points", "name"), [(None, "youden"), (POINTS, "nowhere"), (POINTS, "impossible"), (POINTS, "everybody")]
)
def test_a_point_that_does_not_exist(points: dict[str, dict[str, Any]] | None, name: str) -> None:
    with pytest.raises(InputError, match=f"operating point '{name}': the model's evaluation has"):
        choose_operating_point(points, name)


def test_a_point_at_which_everybody_is_positive_is_not_used() -> None:
    assert thresholds(choose_operating_point({"youden": POINTS["everybody"]})) == (0.5, 125)


def test_thresholds_out_of_range() -> None:
    with pytest.raises(InputError) as error:
        OperatingPoint(1.0, 0)
    assert error.value.problems == (
        "probability_threshold is 1.0; expected less than 1",
        "noise_threshold_voxels is 0; expected greater than or equal to 1",
    )


def test_a_certain_score_still_passes() -> None:
    point = choose_operating_point({"youden": {"probability_threshold": 1.0, "noise_threshold": 1}})
    assert 0.99999 < point.probability_threshold < 1


def test_summary(tmp_path: Path) -> None:
    content = {"operating_points": {"patient": POINTS, "vertebra": None}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(content))
    assert patient_points(read_summary(tmp_path)) == POINTS


@pytest.mark.parametrize("content", [None, "{", "{}", "[1]"])
def test_no_summary(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    with pytest.raises(InputError, match=r"summary\.json: .*expected the output of vf_nnunet evaluate"):
        read_summary(tmp_path)


def test_an_evaluation_by_another_rule(tmp_path: Path) -> None:
    content = {
        "operating_points": {"patient": POINTS, "vertebra": None},
        "patient": {},
        "vertebra": {},
        "settings": {"count": "total", "connectivity": 6},
    }
    (tmp_path / "summary.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="evaluated with count total; expected largest") as error:
        read_summary(tmp_path)
    assert "connectivity 6; expected 26" in str(error.value)


OUT_OF_LIMITS: dict[str, list[Any]] = {
    "probability_threshold": ["high", "0.5", 1.7, -1, True, [1], {}, float("nan"), float("inf")],
    "noise_threshold": ["8", 1.7, 0, -1, None, True, [1], float("nan")],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in OUT_OF_LIMITS.items() for value in values])
def test_thresholds_out_of_their_limits(tmp_path: Path, key: str, value: Any) -> None:
    points = {"youden": {"probability_threshold": 0.7, "noise_threshold": 8, key: value}}
    summary = {"operating_points": {"patient": points}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(InputError, match=r"summary\.json: operating point youden is \{.*expected a probability"):
        read_summary(tmp_path)


@pytest.mark.parametrize(
    "part",
    [
        {"operating_points": None},
        {"operating_points": []},
        {"operating_points": {"patient": ["youden"]}},
        {"operating_points": {"patient": "youden"}},
        {"settings": None},
        {"settings": []},
    ],
)
def test_parts_of_another_kind(tmp_path: Path, part: dict[str, Any]) -> None:
    summary = {"operating_points": {"patient": None}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(summary | part))
    with pytest.raises(InputError, match=r"summary\.json: no operating points and settings of patients; expected"):
        read_summary(tmp_path)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    summary = {"operating_points": {"patient": POINTS}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(summary), encoding="utf-8-sig")
    assert patient_points(read_summary(tmp_path)) == POINTS
