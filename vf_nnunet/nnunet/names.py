"""The names by which nnU-Net knows the plugin, its labels and its files."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from dataset_conversion.spine.labels import IGNORE_NAME

PLANS = "nnUNetVFPlans"
TRAINER = "nnUNetTrainerVF"
CONFIGURATIONS = ("3d_fullres", "3d_5slices", "3d_1slice")
DEFAULT_CONFIGURATION = CONFIGURATIONS[0]
NETWORK_CLASS = "vf_nnunet.network.DualPathwayNet"

DISCLAIMER = "Research software, not a medical device."

FINAL_CHECKPOINT = "checkpoint_final.pth"
"""nnU-Net writes it into a fold's folder at the end of the training."""
BEST_CHECKPOINT = "checkpoint_best.pth"
"""The epoch that was best in the inner validation; `nnUNetv2_train --val_best` predicts with it."""

PROBE_FILE = "vertebra_probe.json"
"""Where vertebrae can be, by the fold's own features; in the folder of the fold, beside its checkpoint."""

PROBABILITY_MAPS = "probability_maps"
"""Folder of a fold's probability maps, inside nnU-Net's `validation`. `nnUNetv2_accumulate_crossval_results` takes
every file in `validation` itself for a segmentation, and would fail on the maps."""

TRAINER_FOLDER = Path(__file__).parent.parent / "ext_trainers"
"""The folder for the environment variable nnUNet_extTrainer."""

RETIRED_SETTINGS = frozenset({"reflected_border"})
"""Settings of the training that only plans of earlier versions hold. `reflected_border` 0 kept segments inside the
image, so that nothing was learned within 24 voxels of its border."""

ALL = "all"
"""nnU-Net's name of the fold that trains on all cases."""
Fold = int | str
"""Number of a fold, or `ALL`."""


class Normalisation(StrEnum):
    """The setting `--normalisation` of `vf_nnunet plan`."""

    IMAGE = "image"
    """Z-score over the whole image (Nicolaes et al. 2019). It depends on how much air the field of view contains."""
    WINDOW = "window"
    """Fixed Hounsfield units (`normalisation.WINDOW_SCALE`), the same for every image and dataset."""
    FOREGROUND = "foreground"
    """nnU-Net's for CT: mean, standard deviation, 0.5 and 99.5 percentile of the dataset's labelled voxels."""


DEFAULT_NORMALISATION = Normalisation.WINDOW
"""By the evidence in docs/evidence/field_of_view.md."""


def model_folder_name(configuration: str) -> str:
    """nnU-Net's name for the folder of a trained model: trainer__plans__configuration."""
    return f"{TRAINER}__{PLANS}__{configuration}"


def class_count(labels: Iterable[str]) -> int:
    """Number of a network's outputs for the label names of `dataset.json`; the ignore label has none."""
    return sum(name != IGNORE_NAME for name in labels)


def fold_name(text: str) -> Fold:
    """The fold that a text names, for command lines.

    Raises:
        ValueError: If it is neither a whole number nor `ALL`.
    """
    return text if text == ALL else int(text)


def fold_of(folder: Path) -> Fold:
    """The fold of a folder `fold_<k>`."""
    return fold_name(folder.name.removeprefix("fold_"))
