"""The maps of a fold are compared with its cases and its checkpoint."""

import json
import os
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.fold_maps import check_fold_cases, outdated_maps


@pytest.fixture
def fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The second fold of a model, whose outer cases are c and d."""
    preprocessed = tmp_path / "preprocessed" / "Dataset001_Test"
    preprocessed.mkdir(parents=True)
    monkeypatch.setenv("nnUNet_preprocessed", str(preprocessed.parent))
    splits = [{"train": ["c", "d"], "val": ["a", "b"]}, {"train": ["a", "b"], "val": ["c", "d"]}]
    (preprocessed / "splits_final.json").write_text(json.dumps(splits))
    folder = tmp_path / "results" / "Dataset001_Test" / "model" / "fold_1"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("recorded", [False, True])
def test_maps_of_other_cases_than_the_folds(fold: Path, recorded: bool) -> None:
    if recorded:
        record: dict[str, object] = {"files": None, "train": ["a", "b"], "val": ["c", "d"], "inner": [], "plans": {}}
        (fold / "made_from.json").write_text(json.dumps(record))
    check_fold_cases(fold, ["d", "c"])
    with pytest.raises(InputError) as caught:
        check_fold_cases(fold, ["a", "d"])
    foreign, missing = caught.value.problems
    assert foreign == f"{fold}: maps of a, which are not outer cases of this fold; expected the maps of c, d"
    assert missing.startswith(f"{fold}: no map of c; expected one of each outer case")


def test_without_record_and_splits_nothing_is_checked(fold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("nnUNet_preprocessed")
    check_fold_cases(fold, ["x"])


def test_maps_older_than_the_checkpoint(fold: Path) -> None:
    first, second, checkpoint = (fold / name for name in ("a.nii.gz", "b.nii.gz", "checkpoint_final.pth"))
    for number, path in enumerate((first, checkpoint, second)):
        path.touch()
        os.utime(path, (number, number))
    (text,) = outdated_maps(fold, [second, first])
    assert text.startswith(f"{fold}: a.nii.gz are older than checkpoint_final.pth; expected maps that this model made")
    assert outdated_maps(fold, [second]) == []
    checkpoint.unlink()
    assert outdated_maps(fold, [first]) == []
