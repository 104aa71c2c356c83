"""The training loop: the same twice, the same after an interruption, ended by the inner validation or by a bad loss."""

import re
import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from nnunetv2.training.logging import nnunet_logger
from nnunetv2.training.logging.nnunet_logger import LocalLogger

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet import tiny_training
from tests.vf_nnunet.conftest import TINY
from tests.vf_nnunet.tiny_training import DATA, NotFinite, TinyDataset, write_case
from vf_nnunet.training.trainer import nnUNetTrainerVF

LOGGED = ("train_losses", "val_losses", "lrs", "mean_fg_dice")
PLOT_PROGRESS = LocalLogger.plot_progress_png


def history(trainer: nnUNetTrainerVF) -> dict[str, list[float]]:
    """What was logged of each epoch."""
    return {name: list(trainer.logger.get_value(name, step=None)) for name in LOGGED}


def assert_same_weights(first: nnUNetTrainerVF, second: nnUNetTrainerVF) -> None:
    for name, weight in first.plain_network.state_dict().items():
        torch.testing.assert_close(second.plain_network.state_dict()[name], weight, rtol=0, atol=0)


def interrupt(trainer: nnUNetTrainerVF, epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train until Ctrl-C in the middle of this epoch."""
    step = trainer.train_step

    def interrupted(batch: dict[str, Any]) -> dict[str, Any]:
        result = step(batch)
        if trainer.current_epoch == epoch:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(trainer, "train_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainer.run_training()


def test_two_runs_are_the_same(tiny_dataset: TinyDataset) -> None:
    first, second = tiny_dataset.trainer(), tiny_dataset.trainer()
    first.run_training()
    second.run_training()
    assert len(history(first)["lrs"]) == 4
    assert history(first) == history(second)
    assert_same_weights(first, second)
    other = tiny_dataset.trainer(seed=1)
    other.run_training()
    assert history(other)["train_losses"] != history(first)["train_losses"]


@pytest.mark.parametrize("schedule", ["auto", "poly"])
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_an_interrupted_training_continues_as_if_uninterrupted(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch, schedule: str, epoch: int
) -> None:
    """Learning rates, losses and weights after --c are those of a training in one go, whichever epoch was stopped."""
    regime: dict[str, Any] = {"schedule": schedule, "final_model": "last"}
    whole = tiny_dataset.trainer(**regime)
    whole.run_training()
    shutil.rmtree(whole.output_folder)
    interrupt(tiny_dataset.trainer(**regime), epoch, monkeypatch)
    continued = tiny_dataset.trainer(going_on=True, **regime)
    assert continued.current_epoch == epoch
    continued.run_training()
    assert len(set(history(whole)["lrs"])) > 1
    assert history(continued) == history(whole)
    assert_same_weights(continued, whole)


def test_the_inner_validation_ends_the_training(tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnunetv2.training.nnUNetTrainer.nnUNetTrainer.np.nanmean", lambda _: 0.5)
    trainer = tiny_dataset.trainer(stop_patience=2)
    trainer.run_training()
    assert len(history(trainer)["lrs"]) == 3
    folder = Path(trainer.output_folder)
    checkpoint = torch.load(folder / "checkpoint_final.pth", weights_only=False)
    assert checkpoint["current_epoch"] == 3
    (folder / "checkpoint_final.pth").rename(folder / "checkpoint_latest.pth")
    again = tiny_dataset.trainer(going_on=True, stop_patience=2)
    again.run_training()
    assert history(again) == history(trainer)


def test_a_falling_schedule_is_not_ended(tiny_dataset: TinyDataset) -> None:
    trainer = tiny_dataset.trainer(stop_patience=1, schedule="poly")
    trainer.run_training()
    assert len(history(trainer)["lrs"]) == 4


def test_an_image_that_is_not_finite_ends_the_training(tiny_dataset: TinyDataset) -> None:
    write_case(tiny_dataset.preprocessed / DATA / "case_1", NotFinite())
    trainer = tiny_dataset.trainer()
    with pytest.raises(InputError) as error:
        trainer.run_training()
    assert "the loss became nan in epoch 0 on case case_1, whose preprocessed image is not finite" in str(error.value)
    assert "\n" not in str(error.value)
    assert all(torch.isfinite(weight).all() for weight in trainer.plain_network.parameters())
    assert not list(Path(trainer.output_folder).glob("*.pth"))


def test_a_loss_that_is_not_finite_keeps_the_checkpoints(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Diverged in epoch 2: what epoch 1 left behind stays, and no final checkpoint is written."""
    trainer = tiny_dataset.trainer()
    folder = Path(trainer.output_folder)
    start = trainer.on_epoch_start

    def diverged() -> None:
        start()
        if trainer.current_epoch == 2:
            next(trainer.plain_network.parameters()).data.fill_(float("nan"))

    monkeypatch.setattr(trainer, "on_epoch_start", diverged)
    with pytest.raises(InputError, match=r"the loss became nan in epoch 2 on cases case_.*; the checkpoints of the"):
        trainer.run_training()
    kept = torch.load(folder / "checkpoint_latest.pth", weights_only=False)
    assert kept["current_epoch"] == 2
    assert all(torch.isfinite(weight).all() for weight in kept["network_weights"].values())
    assert not (folder / "checkpoint_final.pth").exists()


def test_without_checkpoints_an_earlier_training_is_left_alone(tiny_dataset: TinyDataset) -> None:
    """Its best model is not taken for this training's, nor is what it left unfinished."""
    earlier = tiny_dataset.trainer(seed=1)
    earlier.run_training()
    folder = Path(earlier.output_folder)
    (folder / "checkpoint_latest.pth.part").write_bytes(b"unfinished")
    kept = {path.name: path.read_bytes() for path in folder.glob("*.pth*")}
    last_model = tiny_dataset.trainer(final_model="last")
    trainer = tiny_dataset.trainer()
    trainer.disable_checkpointing = last_model.disable_checkpointing = True
    trainer.run_training()
    last_model.run_training()
    assert_same_weights(trainer, last_model)
    assert {path.name: path.read_bytes() for path in folder.glob("*.pth*")} == kept


def test_a_training_stopped_between_two_checkpoints_keeps_its_best_epoch(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vf_nnunet.training.epochs.is_best", lambda history: len(history) <= 2)
    trainer = tiny_dataset.trainer()
    save = trainer.save_checkpoint
    saved: list[str] = []

    def stopped(filename: str) -> None:
        save(filename)
        saved.append(filename)
        if len(saved) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "save_checkpoint", stopped)
    with pytest.raises(KeyboardInterrupt):
        trainer.run_training()
    folder = Path(trainer.output_folder)
    epochs = {
        name: torch.load(folder / f"checkpoint_{name}.pth", weights_only=False)["current_epoch"]
        for name in ("best", "latest")
    }
    assert epochs == {"best": 2, "latest": 1}


def test_a_checkpoint_of_another_width_table_is_refused(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_dataset.trainer(epochs=1).run_training()
    folder = next(tiny_dataset.results.glob("*/fold_0"))
    shutil.copy(folder / "checkpoint_final.pth", folder / "checkpoint_latest.pth")
    monkeypatch.setattr(tiny_training, "TINY", replace(TINY, widths=(4, 8)))
    with pytest.raises(InputError, match=r"checkpoint_latest\.pth: weights of another network") as error:
        tiny_dataset.trainer(going_on=True)
    assert "\n" not in str(error.value)


def test_the_log_says_how_long_steps_wait(tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that advances by a second per reading: each of the three batches takes one of the seven seconds."""
    clock = count()
    for module in ("epochs", "data"):
        monkeypatch.setattr(f"vf_nnunet.training.{module}.perf_counter", lambda: float(next(clock)))
    trainer = tiny_dataset.trainer(epochs=1)
    trainer.run_training()
    text = Path(trainer.log_file).read_text(encoding="utf-8")
    assert re.findall(r"([\d.]+)% of the training spent waiting for segments", text) == ["42.9"]


def test_progress_shows_losses_metric_and_learning_rate(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nnU-Net draws them; they are there because the trainer logs every key in every epoch."""
    drawn: dict[str, int] = {}

    def save(figure: Figure, path: str) -> None:
        for axes in figure.axes:
            drawn.update({str(line.get_label()): np.size(line.get_xdata()) for line in axes.get_lines()})
        Path(path).touch()

    monkeypatch.setattr(LocalLogger, "plot_progress_png", PLOT_PROGRESS)
    monkeypatch.setattr(Figure, "savefig", save)
    trainer = tiny_dataset.trainer(epochs=2)
    trainer.run_training()
    assert {"loss_tr", "loss_val", "pseudo dice", "learning rate"} <= set(drawn)
    assert set(drawn.values()) == {2}
    assert (Path(trainer.output_folder) / "progress.png").is_file()


def test_weights_and_biases_gets_every_epoch(tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through nnU-Net's own logger, with a package in the place of wandb."""
    logged: list[tuple[str, int]] = []
    run = SimpleNamespace(
        config={}, step=0, summary={}, log=lambda values, step: logged.extend((name, step) for name in values)
    )
    monkeypatch.setattr(nnunet_logger, "wandb", SimpleNamespace(init=lambda **_: run))
    monkeypatch.setenv("nnUNet_wandb_enabled", "1")
    trainer = tiny_dataset.trainer(epochs=2)
    trainer.run_training()
    for name in LOGGED:
        assert [epoch for key, epoch in logged if key == name] == [0, 1]
    assert run.config["plans"]["training"]["epochs"] == 2


def begin(dataset: TinyDataset, **regime: Any) -> Path:
    """What a training of one epoch would leave if it were stopped there."""
    dataset.trainer(**{"epochs": 1, **regime}).run_training()
    fold: Path = next(dataset.results.glob("*/fold_0"))
    shutil.move(fold / "checkpoint_final.pth", fold / "checkpoint_latest.pth")
    return fold


def test_a_training_does_not_continue_under_other_plans(tiny_dataset: TinyDataset) -> None:
    fold = begin(tiny_dataset)
    trainer = tiny_dataset.trainer(going_on=True, patience=2)
    with pytest.raises(InputError, match=r"fold_0: began with patience 1, the plans now have 2"):
        trainer.run_training()
    assert not (fold / "checkpoint_final.pth").exists()


def test_a_longer_training_is_saved_with_its_own_plans(tiny_dataset: TinyDataset) -> None:
    fold = begin(tiny_dataset)
    trainer = tiny_dataset.trainer(going_on=True, epochs=2)
    trainer.run_training()
    saved = torch.load(fold / "checkpoint_final.pth", weights_only=False)
    assert saved["current_epoch"] == 2
    assert saved["init_args"]["plans"]["training"]["epochs"] == 2


def test_a_model_is_read_for_prediction_under_any_plans(tiny_dataset: TinyDataset) -> None:
    """As by nnUNetv2_train --val."""
    fold = begin(tiny_dataset)
    trainer = tiny_dataset.trainer(seed=1)
    trainer.load_checkpoint(str(fold / "checkpoint_latest.pth"))
    weights = torch.load(fold / "checkpoint_latest.pth", weights_only=False)["network_weights"]
    for name, weight in trainer.plain_network.state_dict().items():
        torch.testing.assert_close(weight, weights[name], rtol=0, atol=0)
