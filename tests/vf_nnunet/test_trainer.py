"""Which model a training ends with; the training itself is tested end to end."""

from pathlib import Path

import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from vf_nnunet.network import DualPathwayNet
from vf_nnunet.trainer import nnUNetTrainerVF
from vf_nnunet.training_settings import TrainingSettings


@pytest.mark.parametrize(("final_model", "restored"), [("best", True), ("last", False)])
def test_the_final_model_is_the_best_or_the_last(
    tiny_network: DualPathwayNet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    final_model: str,
    restored: bool,
) -> None:
    monkeypatch.setattr(nnUNetTrainer, "on_train_end", lambda _: None)
    trainer = object.__new__(nnUNetTrainerVF)
    trainer.settings = TrainingSettings(final_model=final_model)
    trainer.output_folder = str(tmp_path)
    trainer.device = torch.device("cpu")
    trainer.network = tiny_network
    monkeypatch.setattr(trainer, "print_to_log_file", lambda *_: None)
    best = {name: torch.zeros_like(value) for name, value in tiny_network.state_dict().items()}
    torch.save({"network_weights": best, "current_epoch": 3}, tmp_path / "checkpoint_best.pth")
    trainer.on_train_end()
    assert all(not value.any() for value in tiny_network.state_dict().values()) == restored
