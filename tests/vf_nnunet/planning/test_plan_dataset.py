"""The command `plan` and what it calls: the folds of a dataset. The plans themselves are tested end to end."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel
import numpy as np
import pytest

from vf_nnunet.cli import main
from vf_nnunet.nnunet.dataset_record import raw_files, read_dataset_record
from vf_nnunet.nnunet.names import DEFAULT_NORMALISATION
from vf_nnunet.planning import planner, preprocess_cases
from vf_nnunet.planning.plan_dataset import plan_dataset
from vf_nnunet.training.settings import TrainingSettings

NAME = "Dataset007_Test"
DESCRIPTION = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "normal": 1, "fracture": 2}}
SPLITS = "splits_final.json"


@dataclass
class Folders:
    """nnU-Net's folders of one dataset, and the training settings of the plans made for it."""

    root: Path
    settings: list[Any]
    normalisations: list[Any]

    @property
    def raw(self) -> Path:
        return self.root / "nnUNet_raw" / NAME

    @property
    def splits(self) -> Path:
        return self.root / "nnUNet_preprocessed" / NAME / SPLITS

    def write(self, cases: int) -> None:
        """A raw dataset of so many cases."""
        affine = np.diag([-1, -1, 1, 1])
        image = nibabel.Nifti1Image(np.arange(8).reshape(2, 2, 2).astype(np.int16), affine)
        labels = nibabel.Nifti1Image(np.arange(8).reshape(2, 2, 2).astype(np.uint8) // 3, affine)
        for part in ("imagesTr", "labelsTr"):
            (self.raw / part).mkdir()
        for number in range(cases):
            nibabel.save(image, self.raw / "imagesTr" / f"case_{number}_0000.nii.gz")
            nibabel.save(labels, self.raw / "labelsTr" / f"case_{number}.nii.gz")
        description = {**DESCRIPTION, "numTraining": cases, "file_ending": ".nii.gz"}
        (self.raw / "dataset.json").write_text(json.dumps(description))


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """The plans are left out."""
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        (tmp_path / variable / NAME).mkdir(parents=True)
        monkeypatch.setenv(variable, str(tmp_path / variable))
    found = Folders(tmp_path, [], [])

    def plan(name: str, gpu_memory_gb: float | None, training: Any, normalisation: Any) -> SimpleNamespace:
        found.normalisations.append(normalisation)
        return SimpleNamespace(plan_experiment=lambda: found.settings.append(training))

    monkeypatch.setattr(planner, "VFPlanner", plan)
    return found


def folds(path: Path) -> list[dict[str, list[str]]]:
    content: list[dict[str, list[str]]] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_a_dataset_that_was_not_converted_is_split_by_cases(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    folders.write(7)
    assert main(["plan", "-d", "7"]) == 0
    made = folds(folders.splits)
    assert len(made) == 5
    assert sorted(case for fold in made for case in fold["val"]) == [f"case_{number}" for number in range(7)]
    assert all(len(fold["train"]) + len(fold["val"]) == 7 for fold in made)
    assert f"{SPLITS}: 5 folds drawn by case, as in nnU-Net, regardless of patients" in capsys.readouterr().out


def test_folds_made_before_are_kept(folders: Folders) -> None:
    folders.write(7)
    assert main(["plan", "-d", "7"]) == 0
    before = folders.splits.read_text(encoding="utf-8").replace("case_0", "case_6")
    folders.splits.write_text(before)
    assert main(["plan", "-d", "7"]) == 0
    assert folders.splits.read_text(encoding="utf-8") == before


def test_folds_of_the_raw_dataset_are_taken(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    folders.write(6)
    own = [{"train": ["case_1"], "val": ["case_0"]}]
    (folders.raw / SPLITS).write_text(json.dumps(own))
    (folders.raw / "splits_inner.json").write_text("[[]]")
    assert main(["plan", "-d", "7"]) == 0
    assert folds(folders.splits) == own
    assert folders.splits.with_name("splits_inner.json").is_file()
    assert "drawn by case" not in capsys.readouterr().out


@pytest.mark.parametrize(("cases", "converted"), [(4, False), (7, True)])
def test_too_few_cases_or_patients_have_no_folds(folders: Folders, cases: int, converted: bool) -> None:
    """The converter writes folds where there are five patients."""
    folders.write(cases)
    if converted:
        (folders.raw / "vertebrae.csv").touch()
    assert main(["plan", "-d", "7"]) == 0
    assert not folders.splits.exists()


def test_other_folds_than_those_in_use_are_refused(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    folders.write(6)
    (folders.raw / SPLITS).write_text(json.dumps([{"train": ["case_1"], "val": ["case_0"]}]))
    folders.splits.write_text(json.dumps([{"train": ["case_0"], "val": ["case_1"]}]))
    assert main(["plan", "-d", "7"]) == 2
    assert "models may have been trained on the former" in capsys.readouterr().err
    assert not folders.settings


def test_the_regime_is_what_is_given(folders: Folders) -> None:
    folders.write(5)
    assert main(["plan", "-d", "7", "--epochs", "3", "--seed", "1"]) == 0
    (settings,) = folders.settings
    assert (settings.epochs, settings.iterations_per_epoch, settings.seed) == (3, 250, 1)


def test_the_normalisation_is_what_is_given(folders: Folders) -> None:
    folders.write(5)
    assert main(["plan", "-d", "7"]) == 0
    for name in ("image", "window", "foreground"):
        assert main(["plan", "-d", "7", "--normalisation", name]) == 0
    assert folders.normalisations == [DEFAULT_NORMALISATION, "image", "window", "foreground"]


def test_impossible_numbers_are_refused(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    folders.write(5)
    assert main(["plan", "-d", "7", "--epochs", "0"]) == 2
    assert "vf_nnunet plan: epochs is 0; expected greater than 0" in capsys.readouterr().err


def test_the_raw_files_are_recorded_when_all_is_done(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    folders.write(cases=5)
    assert main(["plan", "-d", "7"]) == 0
    record = read_dataset_record(folders.splits.parent)
    assert record is not None
    assert record.keys() == raw_files(folders.raw).keys()
    assert len(record) == 10

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(preprocess_cases, "is_preprocessed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plan_dataset(7, TrainingSettings(), 1)
    assert read_dataset_record(folders.splits.parent) is None


def test_old_references_are_replaced_whatever_their_time(folders: Folders) -> None:
    """nnU-Net keeps those that are newer than the labels."""
    folders.write(cases=5)
    references = folders.splits.parent / "gt_segmentations"
    references.mkdir()
    for name in ("case_0", "case_9"):
        (references / f"{name}.nii.gz").touch()
    assert main(["plan", "-d", "7"]) == 0
    labels = folders.raw / "labelsTr"
    assert {path.name for path in references.iterdir()} == {path.name for path in labels.iterdir()}
    assert (references / "case_0.nii.gz").read_bytes() == (labels / "case_0.nii.gz").read_bytes()
