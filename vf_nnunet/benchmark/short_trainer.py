"""Default nnU-Net's trainer for a benchmark that cannot wait for its 1000 epochs."""

from typing import Any

import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from vf_nnunet.benchmark.length import SHORT_TRAINING_KEY


class nnUNetTrainerShort(nnUNetTrainer):
    """nnU-Net's own trainer for as many epochs and batches as the plans say; all else, the schedule's form too, is its.

    The numbers stand in the plans under "short_training", so that every checkpoint says how long it was trained.
    """

    def __init__(
        self,
        plans: dict[str, Any],
        configuration: str,
        fold: int,
        dataset_json: dict[str, Any],
        device: torch.device = torch.device("cuda"),  # noqa: B008 (nnU-Net's own default)
    ) -> None:
        super().__init__(plans, configuration, fold, dataset_json, device)
        length = plans[SHORT_TRAINING_KEY]
        self.num_epochs = length["epochs"]
        self.num_iterations_per_epoch = length["iterations_per_epoch"]
        self.num_val_iterations_per_epoch = length["validation_iterations"]
        # nnU-Net keeps a checkpoint every 50 epochs, which a short training may not have.
        self.save_every = 1
