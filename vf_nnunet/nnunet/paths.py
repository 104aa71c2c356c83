"""nnU-Net's three folders, its datasets and its commands, with error messages that say what to do."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from dataset_conversion.spine.errors import InputError, shortened_list
from vf_nnunet.nnunet.names import TRAINER_FOLDER

FOLDER_VARIABLES = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
TRAINER_VARIABLE = "nnUNet_extTrainer"


def nnunet_folder(variable: str) -> Path:
    """The folder that an environment variable of nnU-Net names.

    Raises:
        InputError: If the variable is not set.
    """
    value = os.environ.get(variable)
    if not value:
        raise InputError(
            f"{variable} is not set; export {variable}=/path/to/{variable} (nnU-Net keeps its files there)"
        )
    return Path(value)


def dataset_name(dataset_id: int) -> str:
    """Look up `DatasetXXX_NAME` by its id.

    All of nnU-Net's folders are searched, as nnU-Net does: a machine that trains need not have the raw data.

    Raises:
        InputError: If no folder is set, or no dataset, or more than one, has this id.
    """
    folders = _folders_that_are_set()
    names = sorted({path.name for folder in folders for path in folder.glob("Dataset*_*") if path.is_dir()})
    matching = [name for name in names if name.startswith(f"Dataset{dataset_id:03d}_")]
    if len(matching) == 1:
        return matching[0]
    problem = f"{', '.join(matching)} all have the id" if matching else "no dataset has the id"
    where = ", ".join(map(str, folders))
    raise InputError(f"{where}: {problem} {dataset_id}; datasets there: {shortened_list(names, 8) or 'none'}")


def _folders_that_are_set() -> list[Path]:
    folders = [Path(os.environ[variable]) for variable in FOLDER_VARIABLES if os.environ.get(variable)]
    return folders or [nnunet_folder(FOLDER_VARIABLES[0])]


def dataset_folder(variable: str, dataset_id: int) -> Path:
    """Folder of a dataset in one of nnU-Net's folders.

    Args:
        variable: Environment variable that names nnU-Net's folder.
        dataset_id: nnU-Net's id of the dataset.

    Raises:
        InputError: If the variable is not set, or the dataset is not found.
    """
    return nnunet_folder(variable) / dataset_name(dataset_id)


def trainer_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with the plugin's trainer first where nnU-Net looks for external trainers."""
    others = environment.get(TRAINER_VARIABLE, "").split(os.pathsep)
    folders = [str(TRAINER_FOLDER), *(other for other in others if other and other != str(TRAINER_FOLDER))]
    return {**environment, TRAINER_VARIABLE: os.pathsep.join(folders)}


def nnunet_command(name: str) -> str:
    """Path of one of nnU-Net's commands: beside this Python, else the first on PATH.

    Raises:
        InputError: If it is not installed.
    """
    own = Path(sys.executable).with_name(name)
    found = str(own) if own.is_file() else shutil.which(name)
    if found is None:
        raise InputError(f"{name}: neither beside {sys.executable} nor on PATH; install nnunetv2 for this Python")
    return found
