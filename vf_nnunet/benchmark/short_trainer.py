"""Default nnU-Net's trainer with fewer epochs."""

from typing import Any

import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from vf_nnunet.benchmark.length import SHORT_TRAINING_KEY


class nnUNetTrainerShort(nnUNetTrainer):
    """nnU-Net's own trainer with the numbers of epochs and batches that are given in the plans.

    Everything else, also the form of the schedule, is unchanged. The plans have the numbers under "short_training", so
    that every checkpoint contains the length of its training.
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
        # nnU-Net saves a checkpoint every 50 epochs, which a short training may not reach.
        self.save_every = 1
