"""Which folds can be trained, and which are finished."""

import json
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import CASES, DATA, NAME, OUTER, TinyDataset
from vf_nnunet.nnunet.folds import (
    discard_predictions,
    discard_training,
    fold_folder,
    is_begun,
    is_finished,
    is_trained,
    planned_dataset,
    planned_folds,
    publish_predictions,
    reopen_training,
    requested_folds,
    usable_folders,
)
from vf_nnunet.nnunet.names import PLANS, model_folder_name


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_all_folds_or_those_asked_for(tiny_dataset: TinyDataset) -> None:
    splits = [{"train": CASES[:4], "val": OUTER}, {"train": CASES[2:], "val": CASES[:2]}]
    (tiny_dataset.preprocessed / "splits_final.json").write_text(json.dumps(splits))
    assert planned_dataset(1) == tiny_dataset.preprocessed
    assert planned_folds(1, None) == [0, 1]
    assert planned_folds(1, [1]) == [1]
    with pytest.raises(InputError, match=r"splits_final\.json: no fold 2, 3; it has folds 0 to 1"):
        planned_folds(1, [0, 2, 3])


def test_a_dataset_without_this_plugins_plans(tiny_dataset: TinyDataset) -> None:
    path = tiny_dataset.preprocessed / f"{PLANS}.json"
    path.write_text(json.dumps({"plans_name": PLANS, "configurations": {"2d": {}}}))
    with pytest.raises(InputError, match="no configuration 3d_fullres; found 2d"):
        planned_folds(1, None)
    path.unlink()
    with pytest.raises(InputError, match="dataset 1 is not planned; run vf_nnunet plan -d 1"):
        planned_folds(1, None)


def test_the_missing_cases_of_every_fold_are_named(tiny_dataset: TinyDataset) -> None:
    splits = [{"train": CASES[:4], "val": OUTER}, {"train": CASES[2:], "val": CASES[:2]}]
    (tiny_dataset.preprocessed / "splits_final.json").write_text(json.dumps(splits))
    (tiny_dataset.preprocessed / DATA / "case_5.pkl").unlink()
    with pytest.raises(InputError) as error:
        planned_folds(1, None)
    path = tiny_dataset.preprocessed / "splits_final.json"
    assert error.value.problems == (
        f"{path}: fold 0: cases to predict that are not preprocessed: case_5",
        f"{path}: fold 1: cases that are not preprocessed: case_5",
    )


def test_where_a_fold_is(tiny_dataset: TinyDataset) -> None:
    expected = tiny_dataset.root / "nnUNet_results" / NAME / model_folder_name("3d_1slice") / "fold_3"
    assert fold_folder(1, "3d_1slice", 3) == expected


def test_when_a_fold_is_finished(tmp_path: Path) -> None:
    write(tmp_path, "checkpoint_best.pth", "validation/summary.json")
    assert not is_trained(tmp_path)
    assert not is_finished(tmp_path)
    write(tmp_path, "checkpoint_final.pth", "validation/a.nii.gz", "validation/b.nii.gz", "validation/a.npz")
    assert is_finished(tmp_path)
    assert not is_finished(tmp_path, softmax_files=True)
    write(tmp_path, "validation/b.npz")
    assert is_finished(tmp_path, softmax_files=True)
    (tmp_path / "validation" / "summary.json").unlink()
    assert is_trained(tmp_path)
    assert not is_finished(tmp_path)


def test_the_fold_all_needs_no_splits(tiny_dataset: TinyDataset) -> None:
    (tiny_dataset.preprocessed / "splits_final.json").unlink()
    assert requested_folds(1, ["all"]) == ["all"]
    with pytest.raises(InputError, match=r"splits_final\.json: missing"):
        requested_folds(1, ["all", 0])


def test_the_fold_all_beside_numbered_ones(tiny_dataset: TinyDataset) -> None:
    assert requested_folds(1, ["all", 0]) == ["all", 0]
    assert requested_folds(1, None) == [0]


def test_the_fold_all_is_used_where_no_numbered_one_is(tmp_path: Path) -> None:
    write(tmp_path / "fold_all", "checkpoint_final.pth")
    write(tmp_path / "fold_1", "checkpoint_best.pth")
    assert usable_folders(tmp_path, is_trained) == [tmp_path / "fold_all"]
    write(tmp_path / "fold_1", "checkpoint_final.pth")
    assert usable_folders(tmp_path, is_trained) == [tmp_path / "fold_1"]


FINISHED = (
    *("checkpoint_final.pth", "checkpoint_best.pth", "progress.png"),
    *("validation/summary.json", "validation/a.nii.gz", "validation/a.npz", "validation/a.pkl"),
    "validation/probability_maps/a_fracture.nii.gz",
)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_predictions_are_discarded_and_the_model_stays(tmp_path: Path) -> None:
    write(tmp_path, *FINISHED)
    discard_predictions(tmp_path)
    assert files(tmp_path) == {"checkpoint_final.pth", "checkpoint_best.pth", "progress.png"}
    assert not is_finished(tmp_path)


def test_an_earlier_training_is_not_taken_for_the_new_one(tmp_path: Path) -> None:
    write(tmp_path, *FINISHED)
    discard_training(tmp_path)
    assert files(tmp_path) == {"previous_final.pth", "progress.png"}
    assert not is_begun(tmp_path)
    discard_training(tmp_path)
    assert files(tmp_path) == {"previous_final.pth", "progress.png"}


def test_a_training_that_goes_on_is_not_finished(tmp_path: Path) -> None:
    write(tmp_path, *FINISHED)
    reopen_training(tmp_path)
    assert files(tmp_path) == {"checkpoint_latest.pth", "checkpoint_best.pth", "progress.png"}
    assert is_begun(tmp_path)
    assert not is_trained(tmp_path)


@pytest.mark.parametrize("kept", [False, True])
def test_predictions_are_published_together(tmp_path: Path, *, kept: bool) -> None:
    """Until then there is no folder that nnUNetv2_accumulate_crossval_results would take for a predicted fold."""
    names = ("case_1.nii.gz", "probability_maps/case_1_fracture.nii.gz")
    for folder in ("validation", "validation_incomplete"):
        for name in (*names, *(["notes.txt"] if kept and folder == "validation" else [])):
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text(folder)
    discard_predictions(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == (["validation", "notes.txt"] if kept else [])
    for name in names:
        (tmp_path / "validation_incomplete" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "validation_incomplete" / name).write_text("new")
    assert publish_predictions(tmp_path) == tmp_path / "validation"
    assert [(tmp_path / "validation" / name).read_text() for name in names] == ["new", "new"]
    assert not (tmp_path / "validation_incomplete").exists()
