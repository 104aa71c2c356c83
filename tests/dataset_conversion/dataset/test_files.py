import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dataset_conversion.dataset.files import Folds, is_whole, plan_folds, write_metadata
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.dataset.splits import SplitSettings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]
NO_FOLDS = Folds([], [], ())


def settings(folds: int, least_negatives: int = 0) -> ConversionSettings:
    return ConversionSettings(splits=SplitSettings(folds=folds, least_negatives=least_negatives))


def test_cases_are_counted(tmp_path: Path, case: MakeCase) -> None:
    write_metadata(tmp_path, [row for name in ("a", "b", "c") for row in case(name)], NO_FOLDS, ConversionSettings())
    assert json.loads((tmp_path / "dataset.json").read_text(encoding="utf-8"))["numTraining"] == 3


def test_folds_are_written_where_there_are_any(tmp_path: Path, case: MakeCase) -> None:
    vertebrae = [row for name in ("a", "b", "c") for row in case(name, patient_id=name[0])]
    folds = plan_folds(vertebrae, settings(folds=3))
    assert folds.warnings == ()
    write_metadata(tmp_path, vertebrae, folds, ConversionSettings())
    assert json.loads((tmp_path / "splits_final.json").read_text(encoding="utf-8")) == folds.splits
    assert json.loads((tmp_path / "splits_inner.json").read_text(encoding="utf-8")) == folds.inner


def test_patients_not_cases_decide_on_folds(tmp_path: Path, case: MakeCase) -> None:
    vertebrae = [row for name in ("a", "b", "c") for row in case(name, patient_id="same")]
    folds = plan_folds(vertebrae, settings(folds=2))
    (warning,) = folds.warnings
    assert warning.startswith("too few patients (1) for 2 folds: splits_final.json is not written")
    write_metadata(tmp_path, vertebrae, folds, ConversionSettings())
    assert not (tmp_path / "splits_final.json").exists()


def test_few_negative_patients_are_a_warning(case: MakeCase) -> None:
    vertebrae = [row for name in ("a", "b", "c") for row in case(name, L1=int(name == "a"))]
    assert plan_folds(vertebrae, settings(folds=2, least_negatives=1)).warnings == ()
    assert plan_folds(vertebrae, settings(folds=3, least_negatives=1)).warnings == (
        "2 patients without a fracture; expected 1 in each of 3 folds",
    )


def test_impossible_folds_are_refused(case: MakeCase) -> None:
    vertebrae = [row for number in range(10) for row in case(f"case_{number}", L1=0)]
    with pytest.raises(InputError, match="10 patients without a fracture; expected 18 for 2 in each of 9 folds"):
        plan_folds(vertebrae, settings(folds=9, least_negatives=2))


def test_ignore_is_the_highest_label_and_only_there_when_needed(tmp_path: Path, case: MakeCase) -> None:
    labels = []
    for grade in (0, None):
        write_metadata(tmp_path, case("a", L2=grade), NO_FOLDS, ConversionSettings())
        labels.append(json.loads((tmp_path / "dataset.json").read_text(encoding="utf-8"))["labels"])
    atlas = replace(case("a")[0], vertebra="C1", grade=None)
    write_metadata(tmp_path, [atlas, *case("a")], NO_FOLDS, ConversionSettings())
    assert json.loads((tmp_path / "dataset.json").read_text(encoding="utf-8"))["labels"] == labels[0]
    assert "ignore" not in labels[0]
    assert labels[1]["ignore"] == max(labels[1].values()) == 3


def test_each_grade_can_have_a_class(tmp_path: Path, case: MakeCase) -> None:
    """Three classes are described exactly as they always were."""
    described = []
    for chosen in (ConversionSettings(), ConversionSettings(classes="grades", fracture_grade=2)):
        write_metadata(tmp_path, case("a", L2=None), NO_FOLDS, chosen)
        described.append(json.loads((tmp_path / "dataset.json").read_text(encoding="utf-8")))
    assert list(described[0]) == [
        "channel_names",
        "labels",
        "numTraining",
        "file_ending",
        "overwrite_image_reader_writer",
    ]
    assert described[0]["labels"] == {"background": 0, "normal": 1, "fracture": 2, "ignore": 3}
    names = ("background", "normal", "mild", "moderate", "severe", "ignore")
    assert described[1]["labels"] == {name: value for value, name in enumerate(names)}
    assert described[1]["fracture_grade"] == 2


def test_a_dataset_is_whole_when_every_case_has_image_and_label(tmp_path: Path, case: MakeCase) -> None:
    write_metadata(tmp_path, [*case("a"), *case("b")], NO_FOLDS, ConversionSettings())
    for part, ending in (("imagesTr", "_0000.nii.gz"), ("labelsTr", ".nii.gz")):
        (tmp_path / part).mkdir()
        for name in "ab":
            assert not is_whole(tmp_path)
            (tmp_path / part / f"{name}{ending}").touch()
    assert is_whole(tmp_path)
    (tmp_path / "dataset.json").write_text("[]")
    assert not is_whole(tmp_path)
