"""Refuse nnU-Net's own trainers, whose losses do not fit the network."""

import os
from collections.abc import Iterator
from contextlib import suppress
from inspect import currentframe
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.uncaught_errors import show_errors_as_lines


def refuse_foreign_trainer() -> NoReturn:
    """End the training that one of nnU-Net's own trainers has begun.

    nnU-Net makes the results folder and a log before it builds the network. If the folder holds nothing but this log,
    both are removed, with the folders above that are then empty.

    Raises:
        InputError: Always. It is shown as one line.
    """
    for trainer in _calling_objects():
        log, folder = getattr(trainer, "log_file", None), getattr(trainer, "output_folder", None)
        if log and folder:
            _remove_begun_folder(Path(folder), Path(log))
            break
    show_errors_as_lines()
    raise InputError(
        "nnU-Net's own trainers cannot train DualPathwayNet, the network of the plans nnUNetVFPlans; expected "
        'nnUNetv2_train with -tr nnUNetTrainerVF, after export nnUNet_extTrainer="$(vf_nnunet trainer-dir)"'
    )


def _calling_objects() -> Iterator[Any]:
    """The `self` of each calling method, the nearest first: nnU-Net does not tell a network who builds it."""
    frame: FrameType | None = currentframe()
    while frame is not None:
        if "self" in frame.f_locals:
            yield frame.f_locals["self"]
        frame = frame.f_back


def _remove_begun_folder(folder: Path, log: Path) -> None:
    """Remove a fold's folder, the model's and the dataset's, each only if it holds nothing else."""
    if not folder.is_dir() or any(path != log for path in folder.iterdir()):
        return
    log.unlink(missing_ok=True)
    with suppress(OSError):  # a folder that is not empty stays, and so do those above it
        for emptied in (folder, folder.parent, folder.parent.parent):
            os.rmdir(emptied)
