"""nnU-Net finds the trainer here when nnUNet_extTrainer names this folder."""

from vf_nnunet.training.trainer import nnUNetTrainerVF

__all__ = ["nnUNetTrainerVF"]
