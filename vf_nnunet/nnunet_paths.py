"""nnU-Net's three folders, its datasets and its commands, with errors that say what to do."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from vf_nnunet.errors import PluginError
from vf_nnunet.names import TRAINER_FOLDER

FOLDER_VARIABLES = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
TRAINER_VARIABLE = "nnUNet_extTrainer"


def nnunet_folder(variable: str) -> Path:
    """The folder that the environment variable names.

    Raises:
        PluginError: If the variable is not set.
    """
    value = os.environ.get(variable)
    if not value:
        raise PluginError(
            f"{variable} is not set; export {variable}=/path/to/{variable} (nnU-Net keeps its files there)"
        )
    return Path(value)


def dataset_name(dataset_id: int, variable: str = "nnUNet_raw") -> str:
    """`DatasetXXX_NAME` of an id, looked up in nnU-Net's folder of that variable.

    Raises:
        PluginError: If no dataset, or more than one, has this id.
    """
    folder = nnunet_folder(variable)
    found = sorted(path.name for path in folder.glob(f"Dataset{dataset_id:03d}_*") if path.is_dir())
    if len(found) != 1:
        what = "no dataset has" if not found else f"{', '.join(found)} all have"
        known = ", ".join(sorted(path.name for path in folder.glob("Dataset*_*"))) or "none"
        raise PluginError(f"{folder}: {what} the id {dataset_id}; datasets there: {known}")
    return found[0]


def trainer_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with the plugin's trainer where nnU-Net looks for trainers, before any other such folder."""
    others = environment.get(TRAINER_VARIABLE, "").split(os.pathsep)
    folders = [str(TRAINER_FOLDER), *(other for other in others if other and other != str(TRAINER_FOLDER))]
    return {**environment, TRAINER_VARIABLE: os.pathsep.join(folders)}


def nnunet_command(name: str) -> str:
    """Path of one of nnU-Net's commands in this Python's environment."""
    return str(Path(sys.executable).with_name(name))
