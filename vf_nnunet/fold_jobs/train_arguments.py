"""The command that trains a fold in a job, and the epochs that its plans ask for."""

import json
from collections.abc import Sequence
from pathlib import Path

from vf_nnunet.nnunet.names import PLANS, Fold
from vf_nnunet.training.settings import TrainingSettings


def train_arguments(dataset_id: int, configuration: str, fold: Fold, options: Sequence[str] = ()) -> tuple[str, ...]:
    """The arguments of `python -m` for `vf_nnunet train` of one fold."""
    return ("vf_nnunet", "train", "-d", str(dataset_id), "-c", configuration, "-f", str(fold), *options)


def planned_epochs(preprocessed: Path) -> int:
    """The planned number of epochs of this plugin's trainings.

    Args:
        preprocessed: nnU-Net's folder of the preprocessed dataset.
    """
    plans = json.loads((preprocessed / f"{PLANS}.json").read_text(encoding="utf-8"))
    return TrainingSettings.from_plans(plans).epochs
