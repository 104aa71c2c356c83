"""Open a trained model from nnU-Net's folder or from a model file."""

from collections.abc import Sequence
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.model.model import EXPECTED_MODEL, Model
from vf_nnunet.model.model_file import read_model_file


def open_model(path: Path, folds: Sequence[str] | None = None) -> Model:
    """Read the model in nnU-Net's folder or in a model file. Only the folder needs torch.

    Args:
        path: Folder or file.
        folds: The folds to use; None uses all.

    Raises:
        InputError: If there is no model, it cannot be read, or it lacks a fold.
    """
    if path.is_dir():
        # Checkpoints are read with torch, which a model file does not need.
        from vf_nnunet.model.model_folder import read_model_folder

        return read_model_folder(path, folds)
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; {EXPECTED_MODEL}")
    model = read_model_file(path)
    return model if folds is None else model.with_folds(folds, path)
