"""Datasets that can and cannot be planned."""

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.planning.dataset_check import check_dataset

DESCRIPTION: dict[str, Any] = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "normal": 1, "fracture": 2},
    "numTraining": 2,
    "file_ending": ".nii.gz",
}


def write_image(path: Path, axes: str) -> None:
    affine = np.zeros((4, 4))
    for column, letter in enumerate(axes):
        world, positive = next(
            (row, letter == pair[1]) for row, pair in enumerate(("LR", "PA", "IS")) if letter in pair
        )
        affine[world, column] = 1 if positive else -1
    affine[3, 3] = 1
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), affine), path)


def dataset(folder: Path, **changes: Any) -> Path:
    """A raw dataset of two cases of a few voxels."""
    description = {**DESCRIPTION, **changes}
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir()
    for case in ("a", "b"):
        write_image(folder / "labelsTr" / f"{case}.nii.gz", "LPS")
        for channel in range(len(description["channel_names"])):
            write_image(folder / "imagesTr" / f"{case}_{channel:04d}.nii.gz", "LPS")
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
        {"labels": {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4, "ignore": 5}},
        {"labels": {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}, "fracture_grade": 3},
    ],
)
def test_plannable_datasets(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert check_dataset(dataset(tmp_path, **changes))["numTraining"] == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"background": 0, "vertebra": 1}}, "missing fracture, normal"),
        ({"labels": {"background": 0, "normal": 1, "mild": 2, "severe": 3}}, "missing moderate"),
        (
            {"labels": {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}, "fracture_grade": 0},
            "1, 2",
        ),
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
        ({"dataset": {}}, "expected images and labels in imagesTr and labelsTr"),
    ],
)
def test_bad_descriptions(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        check_dataset(dataset(tmp_path, **changes))
    assert str(tmp_path / "dataset.json") in str(error.value)


def test_all_problems_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        check_dataset(dataset(tmp_path, file_ending=".nrrd", channel_names={"1": "CT"}, labels={"background": 0}))
    assert len(str(error.value).splitlines()) == 3


def test_images_and_labels_that_do_not_belong_together(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    (folder / "imagesTr" / "a_0000.nii.gz").rename(folder / "imagesTr" / "c_0000.nii.gz")
    with pytest.raises(InputError) as error:
        check_dataset(folder)
    assert "missing a_0000" in str(error.value)
    assert "without a label: c_0000" in str(error.value)


def test_folds_of_cases_that_do_not_exist(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    (folder / "splits_final.json").write_text(json.dumps([{"train": ["a"], "val": ["b", "typo"]}]))
    with pytest.raises(InputError, match=r"splits_final\.json: cases that do not exist: typo"):
        check_dataset(folder)


@pytest.mark.parametrize("axes", ["LPS", "RAS"])
def test_axes_may_be_flipped(tmp_path: Path, axes: str) -> None:
    folder = dataset(tmp_path)
    write_image(folder / "imagesTr" / "a_0000.nii.gz", axes)
    write_image(folder / "labelsTr" / "a.nii.gz", axes)
    check_dataset(folder)


@pytest.mark.parametrize("axes", ["PIR", "LSP"])
def test_axes_may_not_change_places(tmp_path: Path, axes: str) -> None:
    """The sagittal kernels would lie in another plane, and `predict` would show the network rotated bodies."""
    folder = dataset(tmp_path)
    image = folder / "imagesTr" / "a_0000.nii.gz"
    write_image(image, axes)
    assert nibabel.aff2axcodes(nibabel.load(image).affine) == tuple(axes)
    with pytest.raises(InputError, match=rf"a_0000\.nii\.gz: axes {axes}; expected left-right, anterior"):
        check_dataset(folder)


def test_an_image_that_cannot_be_read(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    (folder / "imagesTr" / "b_0000.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"b_0000\.nii\.gz: cannot be read"):
        check_dataset(folder)


def test_a_label_on_another_grid(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    shifted = np.diag([-1.0, -1.0, 1.0, 1.0])
    shifted[2, 3] = 50
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), shifted), folder / "labelsTr" / "a.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 3, 5), np.int16), None), folder / "labelsTr" / "b.nii.gz")
    with pytest.raises(InputError) as error:
        check_dataset(folder)
    first, second = error.value.problems
    assert "a.nii.gz: affine [[-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 50.0]]; expected" in first
    assert second.endswith("b.nii.gz: shape (2, 3, 5); expected (2, 3, 4) as b_0000.nii.gz")


def test_voxel_sizes_that_contradict_the_affine(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    image = nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.diag([-1.0, -1.0, 1.0, 1.0]))
    image.header["pixdim"][1:4] = [1, 1, 2]
    nibabel.save(image, folder / "imagesTr" / "a_0000.nii.gz")
    with pytest.raises(InputError, match=r"voxel sizes \(pixdim\) \[1.0, 1.0, 2.0\] mm; expected those of the affine"):
        check_dataset(folder)


def test_a_slice_and_a_series_of_volumes(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    for case, shape in (("a", (2, 3)), ("b", (2, 3, 4, 1))):
        nibabel.save(nibabel.Nifti1Image(np.zeros(shape, np.int16), np.eye(4)), folder / "labelsTr" / f"{case}.nii.gz")
    with pytest.raises(InputError) as error:
        check_dataset(folder)
    assert ["expected a volume with three axes" in problem for problem in error.value.problems] == [True, True]


def test_not_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing; make the dataset"):
        check_dataset(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        check_dataset(tmp_path)
