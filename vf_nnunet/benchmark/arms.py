"""The arms of a benchmark: a network with its plans and the length of its training."""

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from vf_nnunet.benchmark.length import Length, own_length, plans_of_length
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.names import PLANS, TRAINER
from vf_nnunet.nnunet.paths import dataset_folder

OWN = "vf_nnunet"
DEFAULT = "nnU-Net"
HEIGHTS = "height rule"
"""Columns of the table: this model, default nnU-Net, and the rule on heights in masks."""


@dataclass(frozen=True)
class Arm:
    """A network, its plans and the length of its training.

    Attributes:
        dataset_id: nnU-Net's id of the dataset.
        trainer: nnU-Net's name of the trainer.
        plans: Name of the plans.
        configuration: Name of the configuration in the plans.
        length: Epochs and batches per epoch.
        margin: Voxels (z, y, x) on each side of a training patch that are left out of the loss.
        softmax_files: Whether its fracture probabilities are in nnU-Net's softmax files instead of probability maps.
    """

    dataset_id: int
    trainer: str
    plans: str
    configuration: str
    length: Length
    margin: tuple[int, ...] = (0, 0, 0)
    softmax_files: bool = False

    @property
    def folder(self) -> Path:
        """Folder of the model in nnUNet_results."""
        results = dataset_folder("nnUNet_results", self.dataset_id)
        return results / f"{self.trainer}__{self.plans}__{self.configuration}"

    def fold(self, fold: int) -> Path:
        """Folder of a fold."""
        return self.folder / f"fold_{fold}"

    def planned(self) -> dict[str, Any]:
        """The configuration in the plans."""
        return planned_configuration(self._plans_file, self.configuration)

    def axis_order(self) -> list[int]:
        """For each axis of the plans' spacings and patches the axis of (z, y, x): nnU-Net transposes images."""
        order: list[int] = json.loads(self._plans_file.read_text(encoding="utf-8"))["transpose_forward"]
        return order

    def voxels_read(self) -> int:
        """Voxels in all batches of a fold's training, counted each time they are drawn."""
        sides: list[int] = self.planned()["patch_size"]
        return self._segments() * prod(sides)

    def voxels_learned(self) -> int:
        """Voxels in all batches of a fold's training that enter the loss."""
        sides: list[int] = self.planned()["patch_size"]
        return self._segments() * prod(side - 2 * margin for side, margin in zip(sides, self.margin, strict=True))

    @property
    def _plans_file(self) -> Path:
        return dataset_folder("nnUNet_preprocessed", self.dataset_id) / f"{self.plans}.json"

    def _segments(self) -> int:
        batch_size: int = self.planned()["batch_size"]
        return self.length.epochs * self.length.iterations * batch_size


def planned_configuration(plans: Path, configuration: str) -> dict[str, Any]:
    """A configuration in a plans file."""
    configurations: dict[str, dict[str, Any]] = json.loads(plans.read_text(encoding="utf-8"))["configurations"]
    return configurations[configuration]


def own_arm(dataset_id: int, configuration: str, epochs: int | None, iterations: int | None) -> Arm:
    """This model as an arm.

    Args:
        dataset_id: nnU-Net's id of the dataset.
        configuration: Name of the configuration in the plans.
        epochs: Number of epochs; None takes that of the plans.
        iterations: Batches per epoch; None takes that of the plans.
    """
    plans = dataset_folder("nnUNet_preprocessed", dataset_id) / f"{PLANS}.json"
    planned = own_length(plans)
    length = Length(
        planned.epochs if epochs is None else epochs, planned.iterations if iterations is None else iterations
    )
    kwargs = planned_configuration(plans, configuration)["architecture"]["arch_kwargs"]
    margin = Architecture.from_kwargs(kwargs, str(plans)).context
    return Arm(dataset_id, TRAINER, plans_of_length(plans, length), configuration, length, margin)
