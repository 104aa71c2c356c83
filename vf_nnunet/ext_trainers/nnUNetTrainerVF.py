"""nnU-Net finds the trainer here when nnUNet_extTrainer names this folder; its prediction then becomes exact."""

from vf_nnunet.stock_prediction import use_exact_tiling
from vf_nnunet.trainer import nnUNetTrainerVF

__all__ = ["nnUNetTrainerVF"]

use_exact_tiling()
