"""Folds are checked before training."""

import json
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.outer_split import check_validation_cases, outer_fold, read_splits

AVAILABLE = {"a", "b", "c", "d"}


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
    with pytest.raises(InputError, match=r"splits_final\.json: (is not JSON|wanted a list)"):
        read_splits(path)


def test_validation_cases_are_wanted_only_for_their_prediction(tmp_path: Path) -> None:
    path = write(tmp_path, (["a"], ["b", "x"]))
    _, validation = outer_fold(path, 0, AVAILABLE)
    check_validation_cases(path, 0, ["b"], AVAILABLE)
    with pytest.raises(InputError, match="cases to predict that are not preprocessed: x"):
        check_validation_cases(path, 0, validation, AVAILABLE)
