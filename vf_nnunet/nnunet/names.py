"""The names under which nnU-Net knows the plugin and its labels, and the files they stand in."""

from collections.abc import Iterable
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

PROBABILITY_MAPS = "probability_maps"
"""Folder of a fold's probability maps, inside nnU-Net's `validation`. Beside nnU-Net's own segmentations they would be
taken for segmentations by `nnUNetv2_accumulate_crossval_results` and stop it."""

TRAINER_FOLDER = Path(__file__).parent.parent / "ext_trainers"
"""The folder for the environment variable nnUNet_extTrainer."""


def model_folder_name(configuration: str) -> str:
    """nnU-Net's name of a trained model: trainer__plans__configuration."""
    return f"{TRAINER}__{PLANS}__{configuration}"


def class_count(labels: Iterable[str]) -> int:
    """Outputs of a network for the labels of `dataset.json`, by name."""
    return sum(name != IGNORE_NAME for name in labels)
