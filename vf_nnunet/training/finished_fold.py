"""Fit the vertebra probe of a fold whose training has ended."""

import json

import torch

from vf_nnunet.nnunet.folds import fold_folder
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT, PLANS, Fold
from vf_nnunet.nnunet.paths import dataset_folder
from vf_nnunet.training.trainer import nnUNetTrainerVF


def fit_probe_of(dataset_id: int, configuration: str, fold: Fold, device: str) -> None:
    """Fit the probe of a finished fold to the preprocessed dataset and write it beside the checkpoint.

    Args:
        dataset_id: nnU-Net's number of the dataset.
        configuration: One of the plans' configurations.
        fold: Index of the fold, or "all".
        device: As nnU-Net names it.

    Raises:
        InputError: If the dataset or the checkpoint cannot be read.
    """
    preprocessed = dataset_folder("nnUNet_preprocessed", dataset_id)
    plans = json.loads((preprocessed / f"{PLANS}.json").read_text(encoding="utf-8"))
    description = json.loads((preprocessed / "dataset.json").read_text(encoding="utf-8"))
    # As nnUNetv2_train does with --c: an existing folder is kept.
    begun = {**plans, "continue_training": True}
    trainer = nnUNetTrainerVF(begun, configuration, fold, description, torch.device(device))
    trainer.load_checkpoint(str(fold_folder(dataset_id, configuration, fold) / FINAL_CHECKPOINT))
    trainer.fit_probe()
