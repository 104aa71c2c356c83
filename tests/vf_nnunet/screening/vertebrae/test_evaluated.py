"""What is taken from an evaluation's tables."""

import csv
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.screening.vertebrae.evaluated import evaluated_vertebrae

POINTS: dict[str, Any] = {"youden": {"probability_threshold": 0.4, "noise_threshold": None, "sensitivity": {}}}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Scores of four vertebrae, and the located ones with a false one, a missed one and an ungraded one."""
    draws = [(0, 0.1, 0.2), (0, 0.3, 0.2), (1, 0.8, 0.7), (1, 0.9, 0.6)]
    write(
        tmp_path / "vertebra_scores.csv",
        [{"fracture": fracture, "score_draw0": one, "score_draw1": two} for fracture, one, two in draws],
    )
    located = [
        *[("found", 0, 0.1), ("found", 0, 0.5), ("found", 1, 0.4), ("found", 2, 0.9), ("found", "", 1.0)],
        *[("beyond", "", 0.99), ("missed", 3, "")],
    ]
    write(
        tmp_path / "located_vertebrae.csv",
        [{"outcome": outcome, "grade": grade, "score": score} for outcome, grade, score in located],
    )
    return tmp_path


def summary(**vertebra: Any) -> dict[str, Any]:
    return {"operating_points": {"vertebra": POINTS}, "vertebra": vertebra, "settings": {}}


def test_annotated_centres(folder: Path) -> None:
    evaluated = evaluated_vertebrae(folder, summary())
    assert evaluated is not None
    assert list(evaluated) == ["annotated"]
    kind = evaluated["annotated"]
    assert kind["operating_points"] == {"youden": {"probability_threshold": 0.4}}
    assert (kind["calibration"]["n"], kind["calibration"]["positives"]) == (4, 2)
    assert (kind["cube_side"], kind["sigma_per_side"]) == (10, 0.25)
    assert kind["scores"] == "annotated centres with an error of 3 mm per axis"


def test_located_centres_have_points_and_calibration_of_their_own(folder: Path) -> None:
    evaluated = evaluated_vertebrae(folder, summary(own_centres={"auc": 0.9}))
    assert evaluated is not None
    own = evaluated["own"]
    assert (own["calibration"]["n"], own["calibration"]["positives"]) == (4, 2)
    # Youden: 0.9 finds one of two fractures without a false alarm; at 0.4 both are found with one.
    assert own["operating_points"]["youden"]["probability_threshold"] == 0.9
    assert own["operating_points"]["target_sensitivity"]["probability_threshold"] == 0.4
    assert own["scores"] == "centres located in the maps"
    moderate = {**summary(own_centres={}), "settings": {"fracture_grade": 2}}
    again = evaluated_vertebrae(folder, moderate)
    assert again is not None
    assert again["own"]["calibration"]["positives"] == 1


def test_a_chosen_cube_is_the_most_frequent_one(folder: Path) -> None:
    chosen = {**summary(cube={"side_by_fold": {"0": 8, "1": 12, "2": 12}}), "settings": {"cube_side": "auto"}}
    evaluated = evaluated_vertebrae(folder, chosen)
    assert evaluated is not None
    assert evaluated["annotated"]["cube_side"] == 12


def test_an_evaluation_without_vertebrae_has_none(tmp_path: Path) -> None:
    assert evaluated_vertebrae(tmp_path, {"operating_points": {"patient": {}}}) is None


def test_bad_tables_are_named(folder: Path) -> None:
    wrong = summary()
    wrong["operating_points"] = {"vertebra": {"youden": {"probability_threshold": 7}}}
    with pytest.raises(InputError, match=r"summary\.json: operating point youden of vertebrae is .*; expected a prob"):
        evaluated_vertebrae(folder, wrong)
    write(folder / "vertebra_scores.csv", [{"fracture": 1, "score_draw0": "7"}])
    with pytest.raises(InputError, match=r"vertebra_scores\.csv: no numbers from 0 to 1"):
        evaluated_vertebrae(folder, summary())
    (folder / "vertebra_scores.csv").unlink()
    with pytest.raises(InputError, match=r"vertebra_scores\.csv: cannot be read .*; expected the output of vf_nnunet"):
        evaluated_vertebrae(folder, summary())
