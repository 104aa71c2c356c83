"""The data that a trainer reads, the settings that it uses, and the model that it ends with."""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.file_records import FileRecord, record_file
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from tests.vf_nnunet.tiny_training import CASES, CONFIGURATION, DATA, OUTER, TinyDataset, plans_of
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.weights import Probe
from vf_nnunet.network.dual_pathway import DualPathwayNet
from vf_nnunet.nnunet.dataset_record import write_dataset_record
from vf_nnunet.nnunet.evaluation_record import write_evaluation_record
from vf_nnunet.nnunet.fold_record import read_fold_record
from vf_nnunet.nnunet.folds import is_begun, is_finished, is_trained
from vf_nnunet.region.probe_file import write_probe
from vf_nnunet.training.settings import TrainingSettings
from vf_nnunet.training.trainer import nnUNetTrainerVF

PLATEAU: dict[str, Any] = {"epochs": 3, "final_model": "last", "learning_rate": 1e-2}
"""The tiny dataset's first epochs, in which the learning rate falls."""


@pytest.mark.parametrize(("final_model", "restored"), [("best", True), ("last", False)])
def test_the_final_model_is_the_best_or_the_last(
    tiny_network: DualPathwayNet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    final_model: Literal["best", "last"],
    restored: bool,
) -> None:
    monkeypatch.setattr(nnUNetTrainer, "on_train_end", lambda _: None)
    trainer = object.__new__(nnUNetTrainerVF)
    trainer.settings = TrainingSettings(final_model=final_model)
    trainer.output_folder = str(tmp_path)
    trainer.disable_checkpointing = False
    trainer.network = tiny_network
    monkeypatch.setattr(trainer, "print_to_log_file", lambda *_: None)
    best = {name: torch.zeros_like(value) for name, value in tiny_network.state_dict().items()}
    torch.save({"network_weights": best, "current_epoch": 3}, tmp_path / "checkpoint_best.pth")
    trainer.on_train_end()
    assert all(not value.any() for value in tiny_network.state_dict().values()) == restored


def test_the_outer_fold_is_not_read_before_its_prediction(tiny_dataset: TinyDataset) -> None:
    """Without its files the training comes to the same weights; the prediction then says what is missing."""
    whole = tiny_dataset.trainer()
    whole.run_training()
    for case in OUTER:
        for path in (tiny_dataset.preprocessed / DATA).glob(f"{case}*"):
            path.unlink()
    blind = tiny_dataset.trainer()
    blind.run_training()
    for name, weight in whole.plain_network.state_dict().items():
        torch.testing.assert_close(blind.plain_network.state_dict()[name], weight, rtol=0, atol=0)
    with pytest.raises(InputError, match="cases to predict that are not preprocessed: case_4, case_5"):
        blind.perform_actual_validation()


def test_regions_are_refused(tiny_dataset: TinyDataset) -> None:
    path = tiny_dataset.preprocessed / "dataset.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    description["labels"] = {"background": 0, "normal": [1, 2], "fracture": 2}
    path.write_text(json.dumps({**description, "regions_class_order": [1, 2]}))
    with pytest.raises(InputError, match="without cascades or region-based labels"):
        tiny_dataset.trainer()


def test_every_setting_is_saved_in_the_checkpoint(tiny_dataset: TinyDataset) -> None:
    trainer = tiny_dataset.trainer(epochs=1, l1=3e-6)
    trainer.run_training()
    checkpoint = torch.load(Path(trainer.output_folder) / "checkpoint_final.pth", weights_only=False)
    saved = TrainingSettings.from_plans(checkpoint["init_args"]["plans"])
    assert saved == trainer.settings
    assert saved.l1 == 3e-6


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("flip_probability", 0.0),
        ("fracture_share", 3.0),
        ("plateau_factor", 0.1),
        ("gradient_clip", 0.01),
        ("normalisation_momentum", 0.5),
        ("momentum_normalised", False),
        ("dropout", 0.0),
    ],
)
def test_every_setting_reaches_the_training(tiny_dataset: TinyDataset, setting: str, value: float) -> None:
    changed: dict[str, Any] = {setting: value}
    usual, other = tiny_dataset.trainer(**PLATEAU), tiny_dataset.trainer(**PLATEAU, **changed)
    usual.run_training()
    other.run_training()
    states = [trainer.plain_network.state_dict() for trainer in (usual, other)]
    assert any(not torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize(
    ("choice", "logged"), [(None, "regardless of patients"), (["case_2"], "taken from splits_inner.json")]
)
def test_the_log_says_how_the_inner_validation_was_chosen(
    tiny_dataset: TinyDataset, choice: list[str] | None, logged: str
) -> None:
    if choice is not None:
        (tiny_dataset.preprocessed / "splits_inner.json").write_text(json.dumps([choice]))
    trainer = tiny_dataset.trainer()
    trainer.get_tr_and_val_datasets()
    assert logged in Path(trainer.log_file).read_text(encoding="utf-8")


def test_plans_of_an_earlier_version_are_not_trained(tiny_dataset: TinyDataset) -> None:
    trainer = tiny_dataset.trainer(reflected_border=0)
    with pytest.raises(InputError, match=r"setting reflected_border 0; expected none, .* train all folds anew"):
        trainer.run_training()
    assert not list(tiny_dataset.results.rglob("*.pth"))


@pytest.mark.parametrize("fold", [-1, 1, 5])
def test_an_unknown_fold_makes_no_folder(tiny_dataset: TinyDataset, fold: int) -> None:
    with pytest.raises(InputError, match=rf"no fold {fold}; it has folds 0 to 0"):
        tiny_dataset.trainer(fold=fold)
    assert not tiny_dataset.results.exists()


def test_plans_of_another_planner_make_no_folder(tiny_dataset: TinyDataset) -> None:
    plans = plans_of()
    plans["configurations"]["3d_fullres"]["architecture"]["network_class_name"] = "other.Net"
    with pytest.raises(InputError, match=r"for the network other\.Net"):
        nnUNetTrainerVF(plans, "3d_fullres", 0, {}, torch.device("cpu"))
    assert not tiny_dataset.results.exists()


def folder_of(trainer: nnUNetTrainerVF) -> Path:
    return Path(trainer.output_folder)


def write_results(folder: Path) -> None:
    """What marks a fold as finished."""
    (folder / "validation" / "probability_maps").mkdir(parents=True)
    for name in ("summary.json", "case_4.nii.gz", "probability_maps/case_4_fracture.nii.gz"):
        (folder / "validation" / name).touch()


def test_a_fold_that_is_trained_anew_is_not_finished_by_its_old_results(tiny_dataset: TinyDataset) -> None:
    trainer = tiny_dataset.trainer(epochs=1)
    trainer.run_training()
    folder = folder_of(trainer)
    write_results(folder)
    again = tiny_dataset.trainer(epochs=1)
    again.on_train_start()
    assert not is_begun(folder)
    assert not [path for path in (folder / "validation").rglob("*") if path.is_file()]
    assert (folder / "previous_final.pth").is_file()


def test_a_longer_training_is_not_finished_until_it_ends(tiny_dataset: TinyDataset) -> None:
    tiny_dataset.trainer(epochs=1).run_training()
    longer = tiny_dataset.trainer(epochs=2)
    folder = folder_of(longer)
    write_results(folder)
    longer.load_checkpoint(str(folder / "checkpoint_final.pth"))
    longer.on_train_start()
    assert (is_begun(folder), is_trained(folder), is_finished(folder)) == (True, False, False)
    record = read_fold_record(folder)
    assert record is not None
    assert record["plans"]["training.epochs"] == 2


@pytest.mark.parametrize("only_predict", [False, True])
def test_neither_training_nor_prediction_goes_on_with_other_labels(
    tiny_dataset: TinyDataset, only_predict: bool
) -> None:
    labels = {f"labelsTr/{case}.nii.gz": FileRecord(1, 1, case) for case in CASES}
    write_dataset_record(tiny_dataset.preprocessed, labels)
    trainer = tiny_dataset.trainer(epochs=1)
    trainer.run_training()
    write_results(folder_of(trainer))
    corrected = {**labels, "labelsTr/case_1.nii.gz": FileRecord(1, 1, "corrected")}
    write_dataset_record(tiny_dataset.preprocessed, corrected)
    again = tiny_dataset.trainer(epochs=2)
    again.load_checkpoint(str(folder_of(again) / "checkpoint_final.pth"))
    with pytest.raises(InputError, match=r"fold_0: trained from something else than now: 1 labels \(case_1\) changed"):
        again.perform_actual_validation() if only_predict else again.run_training()
    assert is_finished(folder_of(again))


def test_the_fold_all_is_trained_with_the_converters_inner_cases(tiny_dataset: TinyDataset) -> None:
    (tiny_dataset.preprocessed / "splits_inner.json").write_text(json.dumps([["case_1", "case_2"]]))
    trainer = tiny_dataset.trainer(fold="all", epochs=1)
    trainer.run_training()
    assert "2 inner validation cases: ['case_1', 'case_2']" in Path(trainer.log_file).read_text(encoding="utf-8")
    record = read_fold_record(folder_of(trainer))
    assert record is not None
    assert record["train"] == CASES


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_missing_makes_no_folder(
    tiny_dataset: TinyDataset, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=f"device {device}: .* such as -device cpu"):
        nnUNetTrainerVF(plans_of(), CONFIGURATION, 0, {}, torch.device(device))
    assert not tiny_dataset.results.exists()


def write_patients(dataset: TinyDataset, patients: dict[str, str]) -> None:
    (dataset.root / "nnUNet_raw" / dataset.preprocessed.name).mkdir()
    vertebrae = [Vertebra(case, patient, "L1", 0.0, 0.0, 0.0, 1) for case, patient in patients.items()]
    write_vertebra_table(dataset.root / "nnUNet_raw" / dataset.preprocessed.name / "vertebrae.csv", vertebrae)


def test_one_patient_is_trained_without_an_inner_validation(tiny_dataset: TinyDataset) -> None:
    write_patients(tiny_dataset, dict.fromkeys(CASES, "a"))
    trainer = tiny_dataset.trainer(fold="all", epochs=2)
    trainer.run_training()
    assert "WARNING: all training cases are of one patient" in Path(trainer.log_file).read_text(encoding="utf-8")
    assert (trainer.settings.schedule, trainer.settings.final_model) == ("poly", "last")
    training, validation = trainer.get_tr_and_val_datasets()
    assert list(training.identifiers) == list(validation.identifiers) == CASES


def test_a_training_does_not_continue_with_other_inner_cases(tiny_dataset: TinyDataset) -> None:
    write_patients(tiny_dataset, {case: f"patient_{number % 3}" for number, case in enumerate(CASES)})
    tiny_dataset.trainer(fold="all", epochs=1).run_training()
    (tiny_dataset.root / "nnUNet_raw" / tiny_dataset.preprocessed.name / "vertebrae.csv").unlink()
    again = tiny_dataset.trainer(fold="all", epochs=2)
    again.load_checkpoint(str(folder_of(again) / "checkpoint_final.pth"))
    with pytest.raises(InputError, match="began with other inner validation cases"):
        again.run_training()


def test_the_checkpoint_of_another_fold_is_refused(tiny_dataset: TinyDataset) -> None:
    splits = [{"train": CASES[:4], "val": CASES[4:]}, {"train": CASES[2:], "val": CASES[:2]}]
    (tiny_dataset.preprocessed / "splits_final.json").write_text(json.dumps(splits))
    first, second = tiny_dataset.trainer(epochs=1), tiny_dataset.trainer(fold=1, epochs=1)
    first.run_training()
    copied = folder_of(second) / "checkpoint_final.pth"
    shutil.copy(folder_of(first) / "checkpoint_final.pth", copied)
    with pytest.raises(InputError, match=r"was trained as fold 0; expected the checkpoint of fold_1"):
        second.load_checkpoint(str(copied))


@pytest.mark.parametrize(("name", "differs"), [("checkpoint_best.pth", True), ("checkpoint_final.pth", False)])
def test_a_prediction_by_another_checkpoint_is_recorded(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch, *, name: str, differs: bool
) -> None:
    """As `--val_best` does, in the folder of the final model's predictions."""
    trainer = tiny_dataset.trainer(**PLATEAU)
    trainer.run_training()
    folder = folder_of(trainer)
    path = folder / "checkpoint_best.pth"
    best = torch.load(path, weights_only=False)
    best["network_weights"] = {key: value * 2 for key, value in best["network_weights"].items()}
    torch.save(best, path)
    monkeypatch.setattr(trainer, "_predict_fold", lambda *_: None)
    trainer.load_checkpoint(str(folder / name))
    trainer.perform_actual_validation()
    record = read_fold_record(folder)
    assert record is not None
    assert record["predicted_by"] == name
    said = f"predicted by {name}, which differs from checkpoint_final.pth"
    assert (said in Path(trainer.log_file).read_text(encoding="utf-8")) == differs
    write_evaluation_record(tiny_dataset.root, [folder])
    recorded = json.loads((tiny_dataset.root / "made_from.json").read_text(encoding="utf-8"))
    assert recorded["checkpoints"] == {"fold_0": record_file(folder / name).sha256}


def test_a_probe_of_other_weights_is_not_used(tiny_dataset: TinyDataset) -> None:
    """As with `--val_best`: the fold's probe belongs to its final model."""
    trainer = tiny_dataset.trainer(epochs=1)
    trainer.run_training()
    weights = ensemble_of({"0": trainer.plain_network}).weights[0]
    write_probe(folder_of(trainer), Probe(np.ones(4, np.float32), 0.0, 0.5, 1, 9.0), weights)
    assert trainer._probe(weights) is not None
    torch.nn.init.ones_(next(trainer.plain_network.subsampled.parameters()))
    assert trainer._probe(ensemble_of({"0": trainer.plain_network}).weights[0]) is None
    log = Path(trainer.log_file).read_text(encoding="utf-8")
    assert "WARNING: the outer fold is computed everywhere" in log
    assert "fitted to other weights" in log
