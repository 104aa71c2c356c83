"""nnU-Net finds the trainer here when nnUNet_extTrainer names this folder."""

from vf_nnunet.benchmark.short_trainer import nnUNetTrainerShort

__all__ = ["nnUNetTrainerShort"]
