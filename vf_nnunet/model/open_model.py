"""Open a trained model from nnU-Net's folder or from a model file."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.model.model import EXPECTED_MODEL, Model
from vf_nnunet.model.model_file import read_model_file
from vf_nnunet.model.model_folder import read_model_folder


def open_model(path: Path, folds: Sequence[str] | None = None) -> Model:
    """Read the model in nnU-Net's folder or in a model file. Neither needs torch.

    Args:
        path: Folder or file.
        folds: The folds to use; None uses all.

    Raises:
        InputError: If there is no model, it cannot be read, or it lacks a fold.
    """
    if path.is_dir():
        return read_model_folder(path, folds)
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; {EXPECTED_MODEL}")
    if zipfile.is_zipfile(path):
        raise InputError(f"{path}: {_archive_kind(path)}; {EXPECTED_MODEL}")
    model = read_model_file(path)
    return model if folds is None else model.with_folds(folds, path)


def _archive_kind(path: Path) -> str:
    """What a zip archive is, which may be complete but cannot be opened as a model."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("plans.json") for name in names):
        return (
            "nnU-Net's zip of a model, which is not opened directly: run nnUNetv2_install_pretrained_model_from_zip "
            "and give the folder"
        )
    if any(name.endswith("data.pkl") for name in names):
        return "a checkpoint of PyTorch: give the model's folder, two levels above it"
    return "a zip archive without a model"
