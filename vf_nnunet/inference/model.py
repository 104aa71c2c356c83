"""A model to predict with, from wherever it was kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.card import Card
from vf_nnunet.inference.weights import Ensemble

WANTED = "nnUNet_results/<dataset>/<trainer>__<plans>__<configuration>, or a file that vf_nnunet export wrote"


@dataclass(frozen=True)
class Model:
    """A fold ensemble and what is known about it.

    Attributes:
        card: What it is.
        ensemble: Its weights.
    """

    card: Card
    ensemble: Ensemble


def open_model(path: Path, folds: Sequence[str] | None = None) -> Model:
    """The model in nnU-Net's folder or in a model file; only the folder needs torch.

    Args:
        path: Folder or file.
        folds: The folds to use; by default all.

    Raises:
        InputError: If there is none, it cannot be read, or it lacks a fold.
    """
    if path.is_dir():
        from vf_nnunet.inference.model_folder import read_model_folder

        return read_model_folder(path, folds)
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; -m wants a trained model, {WANTED}")
    from vf_nnunet.inference.model_file import read_model_file

    model = read_model_file(path)
    return model if folds is None else _with_folds(model, folds, path)


def _with_folds(model: Model, folds: Sequence[str], path: Path) -> Model:
    ensemble = model.ensemble
    missing = [fold for fold in folds if fold not in ensemble.folds]
    if missing:
        raise InputError(f"{path}: no fold {', '.join(missing)}; it has {', '.join(ensemble.folds)}")
    weights = tuple(ensemble.weights[ensemble.folds.index(fold)] for fold in folds)
    chosen = tuple(folds)
    return Model(replace(model.card, folds=chosen), replace(ensemble, folds=chosen, weights=weights))
