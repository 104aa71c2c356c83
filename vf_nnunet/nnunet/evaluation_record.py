"""The record of the model that was evaluated, so that its operating points are not used for another one."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.records.file_records import record_file
from vf_nnunet.nnunet.dataset_record import RECORD_FILE
from vf_nnunet.nnunet.fold_record import PREDICTED_BY, read_fold_record
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT

EXPECTED = "expected an evaluation of this model: run vf_nnunet evaluate again"


def write_evaluation_record(
    evaluation: Path, folders: Sequence[Path], weights: Mapping[str, str] | None = None
) -> None:
    """Write `made_from.json` of an evaluation: what identifies each evaluated fold.

    Args:
        evaluation: Output folder of `vf_nnunet evaluate`.
        folders: Folders of the evaluated folds. The SHA-256 of the checkpoint that predicted each is recorded; none
            removes the record of an earlier evaluation.
        weights: SHA-256 of the weights of each fold `fold_<k>`, by which a model file is recognised
            (`model_file.fold_digests`).
    """
    checkpoints = {folder.name: folder / predicting_checkpoint(folder) for folder in folders}
    sums = {name: record_file(path).sha256 for name, path in checkpoints.items() if path.is_file()}
    if sums:
        write_json(evaluation / RECORD_FILE, {"checkpoints": sums, "weights": dict(weights or {})})
    else:
        (evaluation / RECORD_FILE).unlink(missing_ok=True)


def predicting_checkpoint(folder: Path) -> str:
    """Name of the checkpoint that predicted a fold's outer cases; the final one, if nothing is recorded."""
    return str((read_fold_record(folder) or {}).get(PREDICTED_BY, FINAL_CHECKPOINT))


def check_evaluation(evaluation: Path, model: Path) -> None:
    """Check that an evaluation is one of this model. A warning on standard error says if that is not recorded.

    Args:
        evaluation: Output folder of `vf_nnunet evaluate`.
        model: nnU-Net's folder of the model.

    Raises:
        InputError: If the record cannot be read, or another model was evaluated.
    """
    recorded = _read(evaluation, "checkpoints")
    checkpoints = {name: model / name / FINAL_CHECKPOINT for name in sorted(recorded)}
    _compare(
        evaluation,
        model,
        recorded,
        {name: record_file(path).sha256 for name, path in checkpoints.items() if path.is_file()},
    )


def check_evaluation_of_file(evaluation: Path, model: Path, weights: Mapping[str, str], is_own: bool) -> None:
    """As `check_evaluation`, for a model file.

    Args:
        evaluation: Output folder of `vf_nnunet evaluate`.
        model: The file.
        weights: SHA-256 of the weights of each fold that is used (`model_file.fold_digests`).
        is_own: Whether the file was exported with the operating points of this evaluation.

    Raises:
        InputError: If the record cannot be read, or another model was evaluated.
    """
    recorded = _read(evaluation, "weights")
    if recorded:
        used = {name: digest for name, digest in recorded.items() if name in weights}
        _compare(evaluation, model, used or recorded, weights)
    elif not is_own:
        _warn(evaluation, model)


def _compare(evaluation: Path, model: Path, recorded: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Compare the SHA-256 of each evaluated fold with that of the model's, which may lack it."""
    if not recorded:
        _warn(evaluation, model)
    differing = [name for name in sorted(recorded) if found.get(name) != recorded[name]]
    if differing:
        raise InputError(
            f"{evaluation}: evaluated another model than {model}, {', '.join(differing)} differ; {EXPECTED}"
        )


def _warn(evaluation: Path, model: Path) -> None:
    sys.stderr.write(
        f"warning: {evaluation}: not recorded which model was evaluated, by an earlier version or from maps in a "
        f"folder; expected {model}\n"
    )


def _read(evaluation: Path, kind: str) -> dict[str, str]:
    """The recorded SHA-256 of each fold; empty without a record."""
    path = evaluation / RECORD_FILE
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        recorded = {"checkpoints": dict(content["checkpoints"]), "weights": dict(content.get("weights", {}))}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); evaluate the model again") from error
    return recorded[kind]
