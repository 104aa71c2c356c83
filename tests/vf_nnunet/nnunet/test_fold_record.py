"""A fold knows what it was trained from."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.file_records import FileRecord
from tests.vf_nnunet.tiny_training import CASES, CONFIGURATION, OUTER, TinyDataset, plans_of
from vf_nnunet.nnunet.dataset_record import write_dataset_record
from vf_nnunet.nnunet.fold_record import (
    check_agreement,
    check_fold,
    check_recorded,
    differences,
    fold_content,
    outdated_folds,
    planned_content,
    read_fold_record,
    write_fold_record,
)
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE

NAMES = [name for case in CASES for name in (f"imagesTr/{case}_0000.nii.gz", f"labelsTr/{case}.nii.gz")]


@pytest.fixture
def dataset(tiny_dataset: TinyDataset) -> TinyDataset:
    """With the record of its raw files."""
    record(tiny_dataset)
    return tiny_dataset


def record(dataset: TinyDataset, **sums: str) -> None:
    """Write the record of the raw files; `sums` replaces the SHA-256 of a case's label."""
    changed = {f"labelsTr/{case}.nii.gz": value for case, value in sums.items()}
    write_dataset_record(dataset.preprocessed, {name: FileRecord(1, 1, changed.get(name, name)) for name in NAMES})


def content_of(dataset: TinyDataset, fold: int | str = 0, **regime: Any) -> dict[str, Any]:
    return fold_content(dataset.preprocessed, plans_of(**regime), CONFIGURATION, fold, CASES)


def test_content_is_the_same_after_it_was_written(dataset: TinyDataset, tmp_path: Path) -> None:
    content = content_of(dataset)
    assert planned_content(dataset.preprocessed, CONFIGURATION, 0) == content
    write_fold_record(tmp_path, content)
    assert read_fold_record(tmp_path) == content
    assert check_fold(tmp_path, content, finished=True)


def test_a_fold_depends_on_its_own_cases(dataset: TinyDataset) -> None:
    splits = [{"train": CASES[:2], "val": OUTER[:1]}]
    (dataset.preprocessed / "splits_final.json").write_text(json.dumps(splits))
    before = content_of(dataset)
    assert len(before["files"]) == 2 * 3
    record(dataset, case_5="corrected")
    assert differences(before, content_of(dataset)) == []
    record(dataset, case_1="corrected", case_4="corrected")
    assert differences(before, content_of(dataset)) == ["2 labels (case_1, case_4) changed"]


def test_all_cases_train_the_fold_all(dataset: TinyDataset) -> None:
    (dataset.preprocessed / "splits_inner.json").write_text(json.dumps([["case_1"]]))
    content = content_of(dataset, "all")
    assert (content["train"], content["val"], content["inner"]) == (CASES, CASES, ["case_1"])
    assert len(content["files"]) == len(NAMES)


@pytest.mark.parametrize(("part", "name"), [("train", "training"), ("val", "outer"), ("inner", "inner validation")])
def test_other_cases_are_named(dataset: TinyDataset, part: str, name: str) -> None:
    before = content_of(dataset)
    after = deepcopy(before)
    after[part] = [*after[part], "case_9"]
    assert differences(before, after) == [f"{name} cases differ (case_9)"]


def test_other_settings_are_named_and_unknown_ones_left_aside(dataset: TinyDataset) -> None:
    before, after = content_of(dataset), content_of(dataset, learning_rate=0.5, l1=1.0)
    assert differences(before, after) == ["training.learning_rate 0.01, now 0.5"]


def test_another_normalisation_is_named(dataset: TinyDataset) -> None:
    """Its scheme, and its numbers where the scheme uses them."""

    def content(scheme: str, mean: float) -> dict[str, Any]:
        plans = plans_of()
        plans["configurations"][CONFIGURATION]["normalization_schemes"] = [scheme]
        plans["foreground_intensity_properties_per_channel"] = {"0": {**WINDOW_SCALE.to_statistics(), "mean": mean}}
        return fold_content(dataset.preprocessed, plans, CONFIGURATION, 0, CASES)

    image, clipped = content("ZScoreNormalization", 0.0), content("CTNormalization", 0.0)
    assert image == content_of(dataset) == content("ZScoreNormalization", 5.0)
    assert differences(image, clipped) == [
        f"{CONFIGURATION}.normalization_schemes ['ZScoreNormalization'], now ['CTNormalization']"
    ]
    assert differences(clipped, content("CTNormalization", 5.0)) == ["intensities.0.mean 0.0, now 5.0"]


def test_folds_of_versions_that_did_not_reach_the_borders_are_told_apart(dataset: TinyDataset) -> None:
    earlier, now = content_of(dataset, reflected_border=0), content_of(dataset)
    assert differences(earlier, now) == ["training.reflected_border 0, now none"]
    assert differences(now, earlier) == ["training.reflected_border none, now 0"]
    assert differences(earlier, earlier) == []


def test_other_classes_are_named(dataset: TinyDataset, tmp_path: Path) -> None:
    """Label files can be the same bytes under other classes, as where every fracture is mild."""
    path = dataset.preprocessed / "dataset.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    before = content_of(dataset)
    write_fold_record(tmp_path, before)
    three = description["labels"]
    grades = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}
    path.write_text(json.dumps({**description, "labels": grades, "fracture_grade": 2}))
    assert differences(before, content_of(dataset)) == [
        f"labels {three}, now {grades}",
        "fracture_grade 1, now 2",
    ]
    with pytest.raises(InputError, match="trained from something else than now: labels"):
        check_fold(tmp_path, content_of(dataset), finished=True)
    earlier = deepcopy(before)
    del earlier["plans"]["labels"], earlier["plans"]["fracture_grade"]
    assert differences(earlier, before) == []


def test_only_an_unfinished_fold_may_get_other_epochs(dataset: TinyDataset, tmp_path: Path) -> None:
    write_fold_record(tmp_path, content_of(dataset))
    longer = content_of(dataset, epochs=70)
    assert check_fold(tmp_path, longer, finished=False)
    with pytest.raises(InputError) as error:
        check_fold(tmp_path, longer, finished=True)
    assert error.value.problems == (
        f"{tmp_path}: trained from something else than now: training.epochs 4, now 70; restore that, or delete this "
        "folder to train the fold anew",
    )


def test_what_was_not_recorded_is_unknown(tiny_dataset: TinyDataset, tmp_path: Path) -> None:
    content = content_of(tiny_dataset)
    assert content["files"] is None
    assert not check_fold(tmp_path, content, finished=True)
    write_fold_record(tmp_path, content)
    record(tiny_dataset)
    assert not check_fold(tmp_path, content_of(tiny_dataset), finished=True)


@pytest.mark.parametrize("text", ["{", "[]", '{"files": null}'])
def test_a_broken_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "made_from.json").write_text(text)
    with pytest.raises(InputError, match=r"made_from\.json: .*; train the fold anew"):
        read_fold_record(tmp_path)


def test_folds_of_a_model_agree_on_the_files_that_both_read(dataset: TinyDataset, tmp_path: Path) -> None:
    folders = [tmp_path / f"fold_{fold}" for fold in range(3)]
    for folder in folders:
        folder.mkdir()
    first = content_of(dataset)
    second = {**deepcopy(first), "train": CASES[1:5], "val": CASES[:1]}
    del second["files"]["labelsTr/case_5.nii.gz"]
    write_fold_record(folders[0], first)
    write_fold_record(folders[1], second)
    check_agreement(folders)
    second["files"]["labelsTr/case_0.nii.gz"] = "corrected"
    write_fold_record(folders[1], second)
    with pytest.raises(InputError, match=r"fold_1: trained from .* than fold_0: 1 labels \(case_0\) changed"):
        check_agreement(folders)


def test_folds_that_the_dataset_has_left_behind(dataset: TinyDataset, tmp_path: Path) -> None:
    folders = [tmp_path / f"nnUNetTrainerVF__nnUNetVFPlans__{CONFIGURATION}" / f"fold_{fold}" for fold in ("0", "all")]
    for folder in folders:
        folder.mkdir(parents=True)
    write_fold_record(folders[0], planned_content(dataset.preprocessed, CONFIGURATION, 0))
    assert outdated_folds(folders, dataset.preprocessed) == []
    record(dataset, case_1="corrected")
    (text,) = outdated_folds(folders, dataset.preprocessed)
    assert text.startswith(f"{folders[0]}: trained from something else than now: 1 labels (case_1) changed")
    assert outdated_folds(folders, tmp_path / "elsewhere") == []


def test_only_a_recorded_fold_is_checked(dataset: TinyDataset, tmp_path: Path) -> None:
    check_recorded(tmp_path, tmp_path / "nowhere", CONFIGURATION, 0, finished=True)
    write_fold_record(tmp_path, content_of(dataset))
    check_recorded(tmp_path, dataset.preprocessed, CONFIGURATION, 0, finished=True)
    record(dataset, case_1="corrected")
    with pytest.raises(InputError, match=r"1 labels \(case_1\) changed"):
        check_recorded(tmp_path, dataset.preprocessed, CONFIGURATION, 0, finished=True)
