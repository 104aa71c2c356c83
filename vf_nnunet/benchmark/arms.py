"""The arms of a benchmark: a network with its plans and the length of its training."""

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from vf_nnunet.benchmark.cost.network_cost import touched_voxels
from vf_nnunet.benchmark.length import Length, own_length, plans_of_length
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.names import PLANS, TRAINER, class_count
from vf_nnunet.nnunet.paths import dataset_folder

OWN = "vf_nnunet"
DEFAULT = "nnU-Net"
RESIDUAL = "nnU-Net ResEnc{}"
HEIGHTS = "height rule"
"""Columns of the table: this model, default nnU-Net, a preset with residual encoders, the rule on heights in masks."""


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
        touched: Voxels of a training patch that the network's first convolutions read; None means all.
        softmax_files: Whether its fracture probabilities are in nnU-Net's softmax files instead of probability maps.
    """

    dataset_id: int
    trainer: str
    plans: str
    configuration: str
    length: Length
    margin: tuple[int, ...] = (0, 0, 0)
    touched: int | None = None
    softmax_files: bool = False

    @property
    def folder(self) -> Path:
        """Folder of the model in nnUNet_results."""
        results = dataset_folder("nnUNet_results", self.dataset_id)
        return results / f"{self.trainer}__{self.plans}__{self.configuration}"

    def fold(self, fold: int) -> Path:
        """Folder of a fold."""
        return self.folder / f"fold_{fold}"

    @property
    def classes(self) -> int:
        """Outputs of the network, by the labels of the planned dataset."""
        description = dataset_folder("nnUNet_preprocessed", self.dataset_id) / "dataset.json"
        return class_count(json.loads(description.read_text(encoding="utf-8"))["labels"])

    def planned(self) -> dict[str, Any]:
        """The configuration in the plans."""
        return planned_configuration(self._plans_file, self.configuration)

    def plans_content(self) -> dict[str, Any]:
        """Content of the plans."""
        content: dict[str, Any] = json.loads(self._plans_file.read_text(encoding="utf-8"))
        return content

    def axis_order(self) -> list[int]:
        """For each axis of the plans' spacings and patches the axis of (z, y, x): nnU-Net transposes images."""
        order: list[int] = self.plans_content()["transpose_forward"]
        return order

    def voxels_touched(self, epochs: int | None = None) -> int:
        """Voxels that the first convolutions read in a fold's training, counted each time.

        Args:
            epochs: Number of epochs; None takes the planned ones.
        """
        touched = prod(self.planned()["patch_size"]) if self.touched is None else self.touched
        return self._segments(epochs) * touched

    def voxels_learned(self, epochs: int | None = None) -> int:
        """Voxels that enter the loss in a fold's training, counted each time.

        Args:
            epochs: Number of epochs; None takes the planned ones.
        """
        sides: list[int] = self.planned()["patch_size"]
        learned = prod(side - 2 * margin for side, margin in zip(sides, self.margin, strict=True))
        return self._segments(epochs) * learned

    @property
    def _plans_file(self) -> Path:
        return dataset_folder("nnUNet_preprocessed", self.dataset_id) / f"{self.plans}.json"

    def _segments(self, epochs: int | None) -> int:
        batch_size: int = self.planned()["batch_size"]
        return (self.length.epochs if epochs is None else epochs) * self.length.iterations * batch_size


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
    configured = planned_configuration(plans, configuration)
    architecture = Architecture.from_kwargs(configured["architecture"]["arch_kwargs"], str(plans))
    touched = touched_voxels(architecture, configured["patch_size"])
    return Arm(
        dataset_id, TRAINER, plans_of_length(plans, length), configuration, length, architecture.context, touched
    )
