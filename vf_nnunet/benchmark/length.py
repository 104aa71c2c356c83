"""Trainings of another length than the plans': the same plans under another name, so that no two lengths mix.

nnU-Net names a model's folder after its plans. Plans with a length of their own therefore train into a folder of their
own, and share the preprocessed images of the plans that they come from.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.training.settings import PLANS_KEY, TrainingSettings

SHORT_TRAINING_KEY = "short_training"
VALIDATION_SHARE = 5
"""nnU-Net's 250 training batches an epoch are followed by 50 of validation."""


@dataclass(frozen=True)
class Length:
    """How long a fold is trained.

    Attributes:
        epochs: Epochs.
        iterations: Batches an epoch.
    """

    epochs: int
    iterations: int

    def __post_init__(self) -> None:
        wrong = [f"{name} {value}" for name, value in vars(self).items() if value < 1]
        if wrong:
            raise InputError("\n".join(f"{finding}: expected 1 or more" for finding in wrong))


NNUNET_LENGTH = Length(epochs=1000, iterations=250)
"""As nnU-Net ships."""


def own_length(plans: Path) -> Length:
    """The length in plans of this plugin."""
    settings = TrainingSettings.from_plans(_read(plans))
    return Length(settings.epochs, settings.iterations_per_epoch)


def plans_of_length(plans: Path, length: Length) -> str:
    """Write this plugin's plans with another length beside them; the name of what is to be trained with.

    Returns:
        The plans' own name where they have this length already.
    """
    if own_length(plans) == length:
        return plans.stem
    content = _read(plans)
    settings = {**content.get(PLANS_KEY, {}), "epochs": length.epochs, "iterations_per_epoch": length.iterations}
    return _write_beside(plans, {**content, PLANS_KEY: settings}, length)


def default_plans_of_length(plans: Path, length: Length) -> str:
    """As `plans_of_length`, for nnU-Net's own plans, which have nnU-Net's length.

    Other lengths are for `nnUNetTrainerShort`.
    """
    if length == NNUNET_LENGTH:
        return plans.stem
    settings = {
        "epochs": length.epochs,
        "iterations_per_epoch": length.iterations,
        "validation_iterations": max(1, length.iterations // VALIDATION_SHARE),
    }
    return _write_beside(plans, {**_read(plans), SHORT_TRAINING_KEY: settings}, length)


def _write_beside(plans: Path, content: dict[str, Any], length: Length) -> str:
    path = plans.with_name(f"{plans.stem}_{length.epochs}x{length.iterations}.json")
    write_json(path, {**content, "plans_name": path.stem})
    return path.stem


def _read(plans: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(plans.read_text(encoding="utf-8"))
    return content
