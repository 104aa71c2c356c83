"""The data that a trainer reads, the settings that it uses, and the model that it ends with."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import DATA, OUTER, TinyDataset, plans_of
from vf_nnunet.network.dual_pathway import DualPathwayNet
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
