"""What a raw dataset must have."""

import json
from pathlib import Path
from typing import Any

import pytest

from vf_nnunet.dataset_check import check_dataset
from vf_nnunet.errors import PluginError

DESCRIPTION: dict[str, Any] = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "normal": 1, "fracture": 2},
    "numTraining": 2,
    "file_ending": ".nii.gz",
}


def dataset(folder: Path, **changes: Any) -> Path:
    """A raw dataset of two cases with empty files."""
    description = {**DESCRIPTION, **changes}
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir()
    for case in ("a", "b"):
        (folder / "labelsTr" / f"{case}.nii.gz").touch()
        for channel in range(len(description["channel_names"])):
            (folder / "imagesTr" / f"{case}_{channel:04d}.nii.gz").touch()
    (folder / "dataset.json").write_text(json.dumps(description))
    return folder


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"channel_names": {"0": "CT", "1": "dual energy"}},
        {"labels": {"background": 0, "fracture": 1, "normal": 2}},
        {"labels": {"background": 0, "normal": 1, "fracture": 2, "ignore": 3}},
        {"labels": {"background": 0, "disc": 1, "normal": 2, "fracture": 3, "ignore": 4}},
    ],
)
def test_what_can_be_planned(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert check_dataset(dataset(tmp_path, **changes))["numTraining"] == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"background": 0, "vertebra": 1}}, "missing fracture, normal"),
        ({"labels": {"background": 0, "normal": [1, 2], "fracture": 2}}, "regions are not supported"),
        ({"labels": {"background": 0, "normal": 1, "fracture": 3}}, "without a gap"),
        ({"labels": {"normal": 0, "fracture": 1}}, "expected background 0"),
        ({"labels": {"background": 0, "normal": 1, "ignore": 2, "fracture": 3}}, "ignore to be the highest"),
        ({"labels": ["normal", "fracture"]}, 'expected {"background": 0'),
        ({"channel_names": {"1": "CT"}}, "channel_names"),
        ({"channel_names": {}}, "channel_names"),
        ({"file_ending": ".nrrd"}, r"file_ending \.nrrd, expected \.nii\.gz"),
        ({"file_ending": ".nii"}, r"file_ending \.nii, expected \.nii\.gz; save images and labels as compressed"),
        ({"numTraining": 7}, "numTraining 7, found 2"),
    ],
)
def test_what_cannot(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message) as error:
        check_dataset(dataset(tmp_path, **changes))
    assert str(tmp_path / "dataset.json") in str(error.value)


def test_all_findings_at_once(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as error:
        check_dataset(dataset(tmp_path, file_ending=".nrrd", channel_names={"1": "CT"}, labels={"background": 0}))
    assert len(str(error.value).splitlines()) == 3


def test_images_and_labels_that_do_not_belong_together(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    (folder / "imagesTr" / "a_0000.nii.gz").rename(folder / "imagesTr" / "c_0000.nii.gz")
    with pytest.raises(PluginError) as error:
        check_dataset(folder)
    assert "missing a_0000" in str(error.value)
    assert "without a label: c_0000" in str(error.value)


def test_folds_of_cases_that_do_not_exist(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    (folder / "splits_final.json").write_text(json.dumps([{"train": ["a"], "val": ["b", "typo"]}]))
    with pytest.raises(PluginError, match=r"splits_final\.json: cases that do not exist: typo"):
        check_dataset(folder)


def test_not_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="missing; make the dataset"):
        check_dataset(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(PluginError, match="is not JSON"):
        check_dataset(tmp_path)
