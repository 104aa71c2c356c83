"""Whether the maps of a fold are those of its own cases, made by its own checkpoint."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from dataset_conversion.spine.errors import InputError, shortened_list
from vf_nnunet.nnunet.fold_record import read_fold_record
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT
from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits


def check_fold_cases(folder: Path, case_ids: Collection[str]) -> None:
    """Check that a fold has maps of exactly its outer cases, by its record or the dataset's splits.

    Without either nothing is checked.

    Args:
        folder: nnU-Net's folder of the fold.
        case_ids: The cases of its maps.

    Raises:
        InputError: If a map is missing, or is of a case that the fold's model was trained on or that is unknown.
    """
    outer = _outer_cases(folder)
    if outer is None:
        return
    missing, foreign = sorted(set(outer) - set(case_ids)), sorted(set(case_ids) - set(outer))
    problems = []
    if foreign:
        problems.append(
            f"{folder}: maps of {shortened_list(foreign)}, which are not outer cases of this fold; expected the maps "
            f"of {shortened_list(sorted(outer))}"
        )
    if missing:
        problems.append(
            f"{folder}: no map of {shortened_list(missing)}; expected one of each outer case: run vf_nnunet train again"
        )
    if problems:
        raise InputError(problems)


def outdated_maps(folder: Path, maps: Sequence[Path]) -> list[str]:
    """A text about a fold's maps that are older than its final checkpoint, which has not made them."""
    checkpoint = folder / FINAL_CHECKPOINT
    if not checkpoint.is_file():
        return []
    trained = checkpoint.stat().st_mtime_ns
    older = sorted(path.name for path in maps if path.stat().st_mtime_ns < trained)
    if not older:
        return []
    return [
        f"{folder}: {shortened_list(older)} are older than {FINAL_CHECKPOINT}; expected maps that this model made: "
        "unless the files were copied, predict them again (vf_nnunet train)"
    ]


def _outer_cases(folder: Path) -> list[str] | None:
    """The outer cases of a fold; None if they are not known."""
    record = read_fold_record(folder)
    if record is not None:
        return list(record["val"])
    path = Path(os.environ.get("nnUNet_preprocessed", ""), folder.resolve().parent.parent.name, SPLITS_FILE)
    number = int(folder.name.removeprefix("fold_"))
    if not path.is_file() or number >= len(splits := read_splits(path)):
        return None
    return splits[number]["val"]
