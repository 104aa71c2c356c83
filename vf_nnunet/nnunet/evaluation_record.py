"""The record of the model that was evaluated, so that its operating points are not used for another one."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.records.file_records import record_file
from vf_nnunet.nnunet.dataset_record import RECORD_FILE
from vf_nnunet.nnunet.fold_record import PREDICTED_BY, read_fold_record
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT


def write_evaluation_record(evaluation: Path, folders: Sequence[Path]) -> None:
    """Write `made_from.json` of an evaluation: the SHA-256 of the checkpoint that predicted each evaluated fold.

    Args:
        evaluation: Output folder of `vf_nnunet evaluate`.
        folders: Folders of the evaluated folds; none removes the record of an earlier evaluation.
    """
    checkpoints = {folder.name: folder / predicting_checkpoint(folder) for folder in folders}
    sums = {name: record_file(path).sha256 for name, path in checkpoints.items() if path.is_file()}
    if sums:
        write_json(evaluation / RECORD_FILE, {"checkpoints": sums})
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
    path = evaluation / RECORD_FILE
    if not path.is_file():
        sys.stderr.write(
            f"warning: {evaluation}: not recorded which model was evaluated, by an earlier version or from maps in a "
            f"folder; expected {model}\n"
        )
        return
    try:
        recorded: dict[str, str] = dict(json.loads(path.read_text(encoding="utf-8"))["checkpoints"])
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); evaluate the model again") from error
    checkpoints = {name: model / name / FINAL_CHECKPOINT for name in sorted(recorded)}
    differing = [
        name for name, file in checkpoints.items() if not file.is_file() or record_file(file).sha256 != recorded[name]
    ]
    if differing:
        raise InputError(
            f"{evaluation}: evaluated another model than {model}, {', '.join(differing)} differ; expected an "
            "evaluation of this model: run vf_nnunet evaluate again"
        )
