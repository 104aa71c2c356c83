"""nnU-Net's zip holds the finished folds of a model, or is not written."""

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.export.nnunet_zip import finished_folds, model_identity, write_zip


@pytest.fixture
def model(untrained_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with the finished fold 2 and with the unfinished fold 1."""
    results = tmp_path / "results"
    model = results / "Dataset001_Test" / untrained_model.name
    shutil.copytree(untrained_model, model)
    (model / "fold_0").rename(model / "fold_2")
    (model / "fold_2" / "validation").mkdir()
    (model / "fold_2" / "validation" / "summary.json").write_text("{}")
    (model / "fold_2" / "progress.png").write_bytes(b"picture")
    (model / "dataset_fingerprint.json").write_text("{}")
    (model / "fold_1").mkdir()
    monkeypatch.setenv("nnUNet_results", str(results))
    for module in ("utilities.file_path_utilities", "model_sharing.model_export"):
        monkeypatch.setattr(f"nnunetv2.{module}.nnUNet_results", str(results))
    return model


def test_the_zip_holds_plans_and_finished_folds_unaltered(model: Path, tmp_path: Path) -> None:
    assert write_zip(model, tmp_path / "model.zip") == (2,)
    prefix = f"Dataset001_Test/{model.name}/"
    with ZipFile(tmp_path / "model.zip") as archive:
        names = [name.removeprefix(prefix) for name in archive.namelist()]
        for name in ("plans.json", "dataset.json", "fold_2/checkpoint_final.pth"):
            assert archive.read(prefix + name) == (model / name).read_bytes()
    assert not [name for name in names if name.startswith("fold_1")]


def test_the_zip_holds_the_probes(model: Path, tmp_path: Path) -> None:
    (model / "fold_2" / "vertebra_probe.json").write_text("{}")
    write_zip(model, tmp_path / "model.zip")
    with ZipFile(tmp_path / "model.zip") as archive:
        archive.extractall(tmp_path / "installed")
    installed = tmp_path / "installed" / "Dataset001_Test" / model.name / "fold_2"
    assert {path.name for path in installed.iterdir()} >= {"checkpoint_final.pth", "vertebra_probe.json"}


def test_a_zip_that_cannot_be_finished_leaves_nothing(model: Path, tmp_path: Path) -> None:
    """The progress picture of the fold is missing."""
    (model / "fold_2" / "progress.png").unlink()
    output = tmp_path / "output"
    output.mkdir()
    with pytest.raises(InputError, match=r"cannot be packed .*progress\.png") as error:
        write_zip(model, output / "model.zip")
    assert len(error.value.problems) == 1
    assert list(output.iterdir()) == []


def test_identity_is_read_from_the_name(model: Path) -> None:
    assert model_identity(model) == ("nnUNetTrainerVF", "nnUNetVFPlans", "3d_fullres")


@pytest.mark.parametrize("name", ["nowhere", "results", "results/Dataset001_Test"])
def test_another_folder_is_refused(model: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="not a trained model; expected nnUNet_results"):
        model_identity(tmp_path / name)


def test_finished_folds_are_sorted_by_number_and_backups_left_out(tmp_path: Path) -> None:
    for name in ("fold_10", "fold_2", "fold_0_old"):
        (tmp_path / name / "validation").mkdir(parents=True)
        (tmp_path / name / "checkpoint_final.pth").touch()
        (tmp_path / name / "validation" / "summary.json").touch()
    (tmp_path / "fold_1").mkdir()
    assert finished_folds(tmp_path) == (2, 10)


def test_a_model_without_a_finished_fold(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished fold"):
        finished_folds(tmp_path)


def test_neither_machine_nor_cases_nor_postprocessing_are_in_the_zip(model: Path, tmp_path: Path) -> None:
    cases = {"metric_per_case": [{"prediction_file": "/home/me/case_1.nii.gz"}], "mean": {"1": {"Dice": 0.5}}}
    (model / "fold_2" / "validation" / "summary.json").write_text(json.dumps(cases))
    (model / "fold_2" / "debug.json").write_text('{"hostname": "my-machine"}')
    crossval = model / "crossval_results_folds_2"
    crossval.mkdir()
    for name in ("summary.json", "postprocessing.pkl", "postprocessing.json"):
        (crossval / name).write_text(json.dumps(cases))
    (model.parent / "inference_information.json").write_text(json.dumps(cases))
    write_zip(model, tmp_path / "model.zip")
    prefix = f"Dataset001_Test/{model.name}/"
    with ZipFile(tmp_path / "model.zip") as archive:
        names = {name.removeprefix(prefix) for name in archive.namelist()}
        assert json.loads(archive.read(f"{prefix}fold_2/validation/summary.json")) == {"mean": cases["mean"]}
        others = [archive.read(name) for name in archive.namelist() if not name.endswith(".pth")]
    fold = {f"fold_2/{name}" for name in ("checkpoint_final.pth", "progress.png", "validation/summary.json")}
    assert names == {"plans.json", "dataset.json", "dataset_fingerprint.json", *fold}
    assert not [content for content in others if b"case_1" in content or b"my-machine" in content]
    assert [path.name for path in tmp_path.glob("*zip*")] == ["model.zip"]


def test_the_fold_all_is_packed_where_no_numbered_one_is_finished(model: Path, tmp_path: Path) -> None:
    (model / "fold_2").rename(model / "fold_all")
    assert write_zip(model, tmp_path / "model.zip") == ("all",)
    with ZipFile(tmp_path / "model.zip") as archive:
        assert f"Dataset001_Test/{model.name}/fold_all/checkpoint_final.pth" in archive.namelist()
