"""nnU-Net finds the trainer here when nnUNet_extTrainer names this folder; its prediction then becomes exact, its
errors lines."""

from vf_nnunet.stock_prediction import use_exact_tiling
from vf_nnunet.trainer import nnUNetTrainerVF
from vf_nnunet.uncaught_errors import show_errors_as_lines

__all__ = ["nnUNetTrainerVF"]

use_exact_tiling()
show_errors_as_lines()
