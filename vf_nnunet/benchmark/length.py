"""Plans for trainings of another length.

nnU-Net names a model's folder after its plans. Plans of another length therefore get another name, so that each length
is trained in its own folder. They share the preprocessed images of the original plans.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.settings import settings
from vf_nnunet.training.settings import PLANS_KEY, TrainingSettings

SHORT_TRAINING_KEY = "short_training"
VALIDATION_SHARE = 5
"""In nnU-Net, an epoch has 250 batches of training and 50 of validation."""


@settings
class Length:
    """Length of a fold's training.

    Attributes:
        epochs: Number of epochs.
        iterations: Batches per epoch.
    """

    epochs: Annotated[int, Field(ge=1)]
    iterations: Annotated[int, Field(ge=1)]


NNUNET_LENGTH = Length(epochs=1000, iterations=250)
"""nnU-Net's default."""


def own_length(plans: Path) -> Length:
    """The length in this plugin's plans."""
    training = TrainingSettings.from_plans(_read(plans))
    return Length(training.epochs, training.iterations_per_epoch)


def plans_of_length(plans: Path, length: Length) -> str:
    """Write this plugin's plans with another length beside the original ones.

    Returns:
        Name of the new plans, or of the original ones if they have this length.
    """
    if own_length(plans) == length:
        return plans.stem
    content = _read(plans)
    training = {**content.get(PLANS_KEY, {}), "epochs": length.epochs, "iterations_per_epoch": length.iterations}
    return _write_beside(plans, {**content, PLANS_KEY: training}, length)


def default_plans_of_length(plans: Path, length: Length) -> str:
    """The same for nnU-Net's own plans, which have nnU-Net's length; `nnUNetTrainerShort` reads other lengths."""
    if length == NNUNET_LENGTH:
        return plans.stem
    training = {
        "epochs": length.epochs,
        "iterations_per_epoch": length.iterations,
        "validation_iterations": max(1, length.iterations // VALIDATION_SHARE),
    }
    return _write_beside(plans, {**_read(plans), SHORT_TRAINING_KEY: training}, length)


def _write_beside(plans: Path, content: dict[str, Any], length: Length) -> str:
    path = plans.with_name(f"{plans.stem}_{length.epochs}x{length.iterations}.json")
    write_json(path, {**content, "plans_name": path.stem})
    return path.stem


def _read(plans: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(plans.read_text(encoding="utf-8"))
    return content
