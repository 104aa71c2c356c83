"""Default nnU-Net's trainer reads its length from the plans, and nothing else changes."""

import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from vf_nnunet.benchmark.length import SHORT_TRAINING_KEY
from vf_nnunet.benchmark.short_trainer import nnUNetTrainerShort


def test_the_length_is_that_of_the_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    received = []
    monkeypatch.setattr(nnUNetTrainer, "__init__", lambda self, *arguments: received.append(arguments))
    plans = {SHORT_TRAINING_KEY: {"epochs": 3, "iterations_per_epoch": 40, "validation_iterations": 8}}
    trainer = nnUNetTrainerShort(plans, "3d_fullres", 0, {}, torch.device("cpu"))
    assert received == [(plans, "3d_fullres", 0, {}, torch.device("cpu"))]
    assert (trainer.num_epochs, trainer.num_iterations_per_epoch, trainer.num_val_iterations_per_epoch) == (3, 40, 8)
    assert trainer.save_every == 1


def test_nnunet_finds_it_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name

    from vf_nnunet.nnunet.names import TRAINER_FOLDER

    monkeypatch.setenv("nnUNet_extTrainer", str(TRAINER_FOLDER))
    assert recursive_find_trainer_class_by_name("nnUNetTrainerShort") is nnUNetTrainerShort
