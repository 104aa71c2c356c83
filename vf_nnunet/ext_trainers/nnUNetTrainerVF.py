"""nnU-Net finds the trainer here when nnUNet_extTrainer names this folder; its prediction then becomes exact, its
errors lines."""

from vf_nnunet.inference.exact_prediction import use_exact_tiling
from vf_nnunet.nnunet.uncaught_errors import show_errors_as_lines
from vf_nnunet.training.trainer import nnUNetTrainerVF

__all__ = ["nnUNetTrainerVF"]

use_exact_tiling()
show_errors_as_lines()
