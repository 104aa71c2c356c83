"""Folds are checked before training; the inner validation is drawn from the training cases only."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from vf_nnunet.nnunet.splits import (
    INNER_SPLITS_FILE,
    check_validation_cases,
    inner_validation_cases,
    outer_fold,
    read_splits,
)

AVAILABLE = {"a", "b", "c", "d"}
CASES = [f"case_{number:02d}" for number in range(20)]


def write(folder: Path, *folds: tuple[list[str], list[str]]) -> Path:
    path = folder / "splits_final.json"
    path.write_text(json.dumps([{"train": train, "val": val} for train, val in folds]))
    return path


def test_gives_the_fold(tmp_path: Path) -> None:
    path = write(tmp_path, (["a", "b"], ["c"]), (["c"], ["a"]))
    assert outer_fold(path, 1, AVAILABLE) == (["c"], ["a"])


@pytest.mark.parametrize(
    ("fold", "train", "val", "message"),
    [
        (0, ["a", "b"], ["b"], "both in train and val: b"),
        (0, ["a", "x"], ["b"], "not preprocessed: x"),
        (0, [], ["b"], "no train cases"),
        (0, ["a"], [], "no val cases"),
        (3, ["a"], ["b"], "folds 0 to 0"),
        (-1, ["a"], ["b"], "folds 0 to 0"),
    ],
)
def test_what_nnunet_would_let_pass(tmp_path: Path, fold: int, train: list[str], val: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        outer_fold(write(tmp_path, (train, val)), fold, AVAILABLE)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="five or more patients"):
        outer_fold(tmp_path / "splits_final.json", 0, AVAILABLE)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[1]", '[{"train": ["a"]}]', '[{"train": ["a"], "val": "b"}]', '[{"train": [1], "val": ["b"]}]'],
)
def test_not_in_nnunets_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "splits_final.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"splits_final\.json: (is not JSON|expected a list)"):
        read_splits(path)


def test_validation_cases_are_needed_only_for_their_prediction(tmp_path: Path) -> None:
    path = write(tmp_path, (["a"], ["b", "x"]))
    _, validation = outer_fold(path, 0, AVAILABLE)
    check_validation_cases(path, 0, ["b"], AVAILABLE)
    with pytest.raises(InputError, match="cases to predict that are not preprocessed: x"):
        check_validation_cases(path, 0, validation, AVAILABLE)


def test_fifteen_per_cent_seeded_and_without_regard_to_order(tmp_path: Path) -> None:
    chosen, how = inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=1)
    assert len(chosen) == 3
    assert how.startswith("drawn by case, regardless of patients")
    assert chosen == inner_validation_cases(tmp_path, 0, CASES[::-1], 0.15, seed=1)[0]
    assert chosen != inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=2)[0]


@given(st.integers(2, 20), st.floats(0.01, 0.99))
def test_both_parts_keep_a_case(count: int, fraction: float) -> None:
    chosen, _ = inner_validation_cases(Path("nowhere"), "all", CASES[:count], fraction, seed=1)
    assert 0 < len(chosen) < count
    assert set(chosen) < set(CASES[:count])


def test_the_converters_choice_is_taken(tmp_path: Path) -> None:
    (tmp_path / INNER_SPLITS_FILE).write_text(json.dumps([["case_05", "case_01"], ["case_02"]]))
    chosen, how = inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=1)
    assert chosen == ["case_01", "case_05"]
    assert how == "taken from splits_inner.json"


def test_a_choice_that_does_not_fit_the_fold_is_not_taken(tmp_path: Path) -> None:
    """With other folds than the converter's, its inner cases might be outer ones."""
    (tmp_path / INNER_SPLITS_FILE).write_text(json.dumps([["case_05", "outer"]]))
    chosen, how = inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=1)
    assert "outer" not in chosen
    assert "no splits_inner.json fits the fold" in how


def test_the_fold_all_has_the_inner_cases_of_fold_0(tmp_path: Path) -> None:
    """They are all cases of some patients, whose other cases must not be among the training cases."""
    (tmp_path / "splits_inner.json").write_text(json.dumps([CASES[1:3], CASES[3:4]]))
    chosen, how = inner_validation_cases(tmp_path, "all", CASES, 0.15, seed=1)
    assert (chosen, how) == (sorted(CASES[1:3]), "taken from splits_inner.json")


@pytest.fixture
def preprocessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a dataset whose raw folder is on this machine."""
    monkeypatch.setenv("nnUNet_raw", str(tmp_path / "raw"))
    (tmp_path / "raw" / "Dataset001_Few").mkdir(parents=True)
    return tmp_path / "preprocessed" / "Dataset001_Few"


def write_patients(preprocessed: Path, patients: dict[str, str]) -> None:
    vertebrae = [Vertebra(case, patient, "L1", 0.0, 0.0, 0.0, 1) for case, patient in patients.items()]
    write_vertebra_table(preprocessed.parents[1] / "raw" / preprocessed.name / "vertebrae.csv", vertebrae)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=12), st.integers(0, 50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_patient_is_on_both_sides(preprocessed: Path, numbers: list[int], seed: int) -> None:
    """Few patients with several cases each, so that there are no folds, and no choice of the converter."""
    patients = {case: f"patient_{number}" for case, number in zip(CASES, numbers, strict=False)}
    write_patients(preprocessed, patients)
    chosen, how = inner_validation_cases(preprocessed, "all", list(patients), 0.15, seed)
    rest = patients.keys() - set(chosen)
    assert rest
    assert not {patients[case] for case in chosen} & {patients[case] for case in rest}
    assert bool(chosen) == (len(set(numbers)) > 1)
    assert how == "drawn by patient, because no splits_inner.json fits the fold"


def test_a_case_without_annotations_is_a_patient_of_its_own(preprocessed: Path) -> None:
    write_patients(preprocessed, {"case_00": "a"})
    chosen, _ = inner_validation_cases(preprocessed, 0, ["case_00", "case_01"], 0.5, seed=1)
    assert len(chosen) == 1
