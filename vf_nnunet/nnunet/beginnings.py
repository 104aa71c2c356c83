"""With which weights the folds of a model began: all of them in the same way."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.fold_record import FOLD_OF_FILE, PRETRAINED, read_fold_record
from vf_nnunet.nnunet.folds import fold_folders, is_begun
from vf_nnunet.nnunet.names import ALL, Fold, fold_of

Origin = Mapping[str, str]
"""The entry `PRETRAINED` of a fold's record."""


def folds_of_model(folders: Mapping[Fold, Path]) -> dict[Fold, Path]:
    """Folders by fold, with those of the numbered folds beside them; the fold `ALL` is a model of its own.

    Args:
        folders: Folders of folds of one model.
    """
    numbered = [folder for fold, folder in folders.items() if fold != ALL]
    beside = fold_folders(numbered[0].parent) if numbered else []
    return {**folders, **{fold_of(folder): folder for folder in beside}}


def check_beginnings(folders: Mapping[Fold, Path], origins: Mapping[Fold, Origin] | None) -> None:
    """Check before a training that its folds begin as the other folds of the model, and as they began themselves.

    A fold that continues has its weights from its checkpoint, whatever `origins` are.

    Args:
        folders: Folders of the folds to train, which need not exist.
        origins: What each fold of the model would begin with; None for random weights.

    Raises:
        InputError: If a fold began, or began to, with other weights.
    """
    new = [fold for fold, folder in folders.items() if not is_begun(folder)]
    records = {folder: (fold, read_fold_record(folder)) for fold, folder in folds_of_model(folders).items()}
    problems = []
    for folder, (fold, record) in records.items():
        if record is None:
            continue
        recorded = record.get(PRETRAINED)
        problems += _without(folder, recorded, new) if origins is None else _with(folder, recorded, origins[fold])
    if problems:
        raise InputError(problems)


def _without(folder: Path, recorded: Origin | None, new: Sequence[Fold]) -> list[str]:
    """A problem if new folds would begin with random weights beside one that did not."""
    if recorded is None or not new:
        return []
    return [
        f"{folder}: began with the weights {_name(recorded)}; expected --from {recorded['file']} for fold "
        f"{', '.join(map(str, new))} too, or delete this folder"
    ]


def _with(folder: Path, recorded: Origin | None, origin: Origin) -> list[str]:
    """A problem if a fold that has begun did not begin with these weights."""
    if not is_begun(folder) or _is_same(recorded, origin):
        return []
    return [
        f"{folder}: began with {_name(recorded)}; expected {_name(origin)}, as in --from: give --from as it was, or "
        "delete this folder to train the fold anew"
    ]


def _is_same(recorded: Origin | None, origin: Origin) -> bool:
    """Whether weights are the same, wherever their file lies."""
    return recorded is not None and _content(recorded) == _content(origin)


def _content(origin: Origin) -> tuple[Any, ...]:
    return origin["sha256"], origin.get(FOLD_OF_FILE)


def _name(origin: Origin | None) -> str:
    if origin is None:
        return "random weights"
    fold = origin.get(FOLD_OF_FILE)
    return origin["file"] if fold is None else f"{origin['file']} (fold {fold})"
