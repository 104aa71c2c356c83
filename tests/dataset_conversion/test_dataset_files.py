import json
from collections.abc import Callable
from pathlib import Path

from dataset_conversion.dataset_files import write_metadata
from dataset_conversion.settings import ConversionSettings
from dataset_conversion.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]


def test_cases_are_counted_and_warnings_kept(tmp_path: Path, case: MakeCase) -> None:
    vertebrae = [row for name in ("a", "b", "c") for row in case(name, patient_id=name[0])]
    noted = write_metadata(tmp_path, vertebrae, ConversionSettings(folds=3), ["look here"])
    assert noted == ["look here"]
    assert json.loads((tmp_path / "dataset.json").read_text())["numTraining"] == 3
    assert json.loads((tmp_path / "conversion.json").read_text())["warnings"] == ["look here"]


def test_patients_not_cases_decide_on_folds(tmp_path: Path, case: MakeCase) -> None:
    vertebrae = [row for name in ("a", "b", "c") for row in case(name, patient_id="same")]
    (warning,) = write_metadata(tmp_path, vertebrae, ConversionSettings(folds=2), [])
    assert warning.startswith("too few patients (1) for 2 folds: no splits_final.json is written")
    assert not (tmp_path / "splits_final.json").exists()


def test_ignore_is_the_highest_label_and_only_there_when_needed(tmp_path: Path, case: MakeCase) -> None:
    labels = []
    for grade in (0, None):
        write_metadata(tmp_path, case("a", L2=grade), ConversionSettings(), [])
        labels.append(json.loads((tmp_path / "dataset.json").read_text())["labels"])
    assert "ignore" not in labels[0]
    assert labels[1]["ignore"] == max(labels[1].values()) == 3
