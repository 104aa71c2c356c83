"""The comparison's own folders."""

import json
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.selection.workspace import prepare_workspace

SPLIT = {"train": ["a", "b"], "val": ["c"]}
NAME = "Dataset001_Test"


@pytest.fixture
def preprocessed(tmp_path: Path) -> Path:
    """The files that planning writes."""
    folder = tmp_path / "nnUNet_preprocessed" / NAME
    for part in ("images", "gt_segmentations"):
        (folder / part).mkdir(parents=True)
        (folder / part / "a.txt").write_text(part)
    plans = {"configurations": {"3d_fullres": {"data_identifier": "images"}}}
    contents = {"nnUNetVFPlans": plans, "dataset": {}, "dataset_fingerprint": {}, "splits_final": [SPLIT] * 5}
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def read(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


def test_one_fold_over_the_same_images(preprocessed: Path, tmp_path: Path) -> None:
    workspace = prepare_workspace(tmp_path / "comparison", preprocessed, SPLIT, ["b"])
    folder = workspace.preprocessed
    assert read(folder / "splits_final.json") == [SPLIT]
    assert read(folder / "splits_inner.json") == [["b"]]
    assert (folder / "images" / "a.txt").read_text() == "images"
    assert (folder / "gt_segmentations" / "a.txt").read_text() == "gt_segmentations"
    assert Path(workspace.variables["nnUNet_preprocessed"]) == folder.parent
    assert workspace.fold("3d_1slice").is_relative_to(workspace.variables["nnUNet_results"])
    assert read(preprocessed / "splits_final.json") == [SPLIT] * 5


def test_existing_folders_are_used(preprocessed: Path, tmp_path: Path) -> None:
    root = tmp_path / "comparison"
    workspace = prepare_workspace(root, preprocessed, SPLIT, ["b"])
    workspace.fold("3d_fullres").mkdir(parents=True)
    assert prepare_workspace(root, preprocessed, SPLIT, ["b"]) == workspace
    assert workspace.fold("3d_fullres").is_dir()


def test_another_comparison_does_not_continue(preprocessed: Path, tmp_path: Path) -> None:
    root = tmp_path / "comparison"
    prepare_workspace(root, preprocessed, SPLIT, ["b"])
    (preprocessed / "nnUNetVFPlans.json").write_text(json.dumps({"configurations": {}, "training": {"epochs": 1}}))
    with pytest.raises(InputError) as error:
        prepare_workspace(root, preprocessed, {"train": ["a"], "val": ["b"]}, ["b"])
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert "nnUNetVFPlans.json: the comparison was begun with another" in lines[0]
    assert "splits_final.json" in lines[1]


def test_an_interrupted_preparation_leaves_nothing(preprocessed: Path, tmp_path: Path) -> None:
    (preprocessed / "dataset_fingerprint.json").unlink()
    root = tmp_path / "comparison"
    with pytest.raises(FileNotFoundError):
        prepare_workspace(root, preprocessed, SPLIT, ["b"])
    assert not list((root / "nnUNet_preprocessed").iterdir())
