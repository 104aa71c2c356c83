"""A preprocessed dataset knows the raw files it was made from."""

import os
import shutil
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.file_records import record_file
from vf_nnunet.nnunet.dataset_record import (
    check_preprocessed,
    describe_files,
    raw_files,
    read_dataset_record,
    write_dataset_record,
)

NAME = "Dataset007_Test"


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A raw dataset of two cases, recorded."""
    raw, preprocessed = tmp_path / "raw" / NAME, tmp_path / "preprocessed" / NAME
    preprocessed.mkdir(parents=True)
    for name in ("imagesTr/a_0000", "imagesTr/b_0000", "labelsTr/a", "labelsTr/b"):
        path = raw / f"{name}.nii.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.setenv("nnUNet_raw", str(raw.parent))
    write_dataset_record(preprocessed, {name: record_file(path) for name, path in raw_files(raw).items()})
    return raw


@pytest.fixture
def preprocessed(raw: Path, tmp_path: Path) -> Path:
    return tmp_path / "preprocessed" / NAME


def test_unchanged_and_copied_files_pass(raw: Path, preprocessed: Path) -> None:
    check_preprocessed(preprocessed)
    os.utime(raw / "labelsTr" / "a.nii.gz", (1, 1))
    check_preprocessed(preprocessed)


def test_changed_files_are_named(raw: Path, preprocessed: Path) -> None:
    (raw / "labelsTr" / "a.nii.gz").write_text("corrected")
    (raw / "imagesTr" / "b_0000.nii.gz").unlink()
    with pytest.raises(InputError) as error:
        check_preprocessed(preprocessed)
    assert error.value.problems == (
        f"{preprocessed / 'nnUNetVFPlans.json'}: 1 images (b_0000) and 1 labels (a) of {raw} changed since vf_nnunet "
        "plan; expected the same files: run vf_nnunet plan again",
    )


def test_a_machine_without_the_raw_dataset(raw: Path, preprocessed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(raw)
    check_preprocessed(preprocessed)
    monkeypatch.delenv("nnUNet_raw")
    check_preprocessed(preprocessed)


def test_a_dataset_planned_by_an_earlier_version(raw: Path, preprocessed: Path) -> None:
    (preprocessed / "made_from.json").unlink()
    (raw / "labelsTr" / "a.nii.gz").write_text("corrected")
    assert read_dataset_record(preprocessed) is None
    check_preprocessed(preprocessed)


@pytest.mark.parametrize("content", ["", "[]", '{"labelsTr/a.nii.gz": {"size": 1}}'])
def test_a_broken_record(raw: Path, preprocessed: Path, content: str) -> None:
    (preprocessed / "made_from.json").write_text(content)
    with pytest.raises(InputError, match=r"made_from\.json: cannot be read .*; run vf_nnunet plan again"):
        check_preprocessed(preprocessed)


def test_many_files_are_counted() -> None:
    names = [f"labelsTr/case_{number}.nii.gz" for number in range(5)]
    assert describe_files(names) == "5 labels (case_0, case_1, case_2, ...)"
