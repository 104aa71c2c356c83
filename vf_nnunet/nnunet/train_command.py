"""nnUNetv2_train for one fold: its arguments, and running it."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.child_process import child_process
from vf_nnunet.nnunet.folds import is_begun, is_trained
from vf_nnunet.nnunet.names import PLANS, TRAINER, Fold
from vf_nnunet.nnunet.paths import nnunet_command, trainer_environment


def fold_arguments(
    dataset_id: int, configuration: str, fold: Fold, trainer: str = TRAINER, plans: str = PLANS
) -> list[str]:
    """The arguments of nnUNetv2_train that identify a fold."""
    return [str(dataset_id), configuration, str(fold), "-tr", trainer, "-p", plans]


def training_command(
    identity: Sequence[str], device: str, folder: Path, softmax_files: bool = False, weights: Path | None = None
) -> list[str]:
    """nnUNetv2_train for one fold: it continues from a checkpoint, and only predicts where the training has ended.

    Args:
        identity: The fold (`fold_arguments`).
        device: As nnU-Net names it.
        folder: Folder of the fold.
        softmax_files: Whether to write nnU-Net's softmax files too.
        weights: Checkpoint with whose weights the fold begins, if it has not begun; None for random ones.
    """
    options = ["-device", device, *(["--npz"] if softmax_files else [])]
    if is_trained(folder):
        options.append("--val")
    elif is_begun(folder):
        options.append("--c")
    elif weights is not None:
        options += ["-pretrained_weights", str(weights)]
    return [nnunet_command("nnUNetv2_train"), *identity, *options]


def run_nnunet(command: Sequence[str], variables: Mapping[str, str] = MappingProxyType({})) -> None:
    """Run one of nnU-Net's commands, with the plugin's trainer on its search path and its output shown.

    Args:
        command: Program and arguments.
        variables: Additional environment variables.

    Raises:
        InputError: If the command fails.
    """
    with child_process(command, trainer_environment({**os.environ, **variables})) as process:
        process.wait()
    if process.returncode != 0:
        raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; its output is above")


def training_epochs(command: Sequence[str], log_path: Path) -> Iterator[int]:
    """Run nnUNetv2_train and append its output to a log.

    Args:
        command: From `training_command`.
        log_path: The log.

    Yields:
        Each epoch when it begins.

    Raises:
        InputError: If the command fails; the message names the log.
    """
    environment = trainer_environment({**os.environ, "PYTHONUNBUFFERED": "1"})
    with log_path.open("a", encoding="utf-8") as log, child_process(command, environment, subprocess.PIPE) as process:
        for line in process.stdout or ():
            log.write(line)
            _, found, epoch = line.strip().rpartition(": Epoch ")
            if found and epoch.isdecimal():
                yield int(epoch)
    if process.returncode != 0:
        raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; see {log_path}")
