"""The two networks that a benchmark trains, each named as nnU-Net names it."""

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from vf_nnunet.benchmark.length import Length
from vf_nnunet.nnunet.paths import dataset_name, nnunet_folder

OWN = "vf_nnunet"
DEFAULT = "nnU-Net"
HEIGHTS = "height rule"
"""Columns of the tables: this model, default nnU-Net, and the rule on masks."""


@dataclass(frozen=True)
class Arm:
    """A network, its plans and how long it is trained.

    Attributes:
        dataset_id: nnU-Net's number of the dataset.
        trainer: nnU-Net's name of the trainer.
        plans: Name of the plans.
        configuration: Name of the configuration in the plans.
        length: Epochs and batches an epoch.
        margin: Voxels (z, y, x) on each side of a training patch that the loss does not count.
        softmax_files: Whether its fracture probabilities are nnU-Net's own softmax files, in place of probability maps.
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
        """The model's folder in nnUNet_results."""
        results = nnunet_folder("nnUNet_results") / dataset_name(self.dataset_id)
        return results / f"{self.trainer}__{self.plans}__{self.configuration}"

    def fold(self, fold: int) -> Path:
        """The folder of one fold."""
        return self.folder / f"fold_{fold}"

    def planned(self) -> dict[str, Any]:
        """The configuration as it stands in the plans."""
        return planned_configuration(self._plans_file, self.configuration)

    def axis_order(self) -> list[int]:
        """Which of the axes (z, y, x) each axis of the plans' spacings and patches is: nnU-Net transposes images."""
        order: list[int] = json.loads(self._plans_file.read_text(encoding="utf-8"))["transpose_forward"]
        return order

    def voxels_read(self) -> int:
        """Voxels that the batches of a fold's training hold, as often as they are drawn."""
        sides: list[int] = self.planned()["patch_size"]
        return self._segments() * prod(sides)

    def voxels_learned(self) -> int:
        """Voxels of them that the loss counts."""
        sides: list[int] = self.planned()["patch_size"]
        return self._segments() * prod(side - 2 * margin for side, margin in zip(sides, self.margin, strict=True))

    @property
    def _plans_file(self) -> Path:
        return nnunet_folder("nnUNet_preprocessed") / dataset_name(self.dataset_id) / f"{self.plans}.json"

    def _segments(self) -> int:
        batch_size: int = self.planned()["batch_size"]
        return self.length.epochs * self.length.iterations * batch_size


def planned_configuration(plans: Path, configuration: str) -> dict[str, Any]:
    """A configuration as it stands in a plans file."""
    configurations: dict[str, dict[str, Any]] = json.loads(plans.read_text(encoding="utf-8"))["configurations"]
    return configurations[configuration]
