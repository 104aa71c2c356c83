"""The record of the raw files that a dataset was preprocessed from."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.records.file_records import FileRecord, is_unchanged
from vf_nnunet.nnunet.names import PLANS

RECORD_FILE = "made_from.json"
"""File with what a preprocessed dataset or a trained fold was made from, in its folder."""
PARTS = {"imagesTr": "images", "labelsTr": "labels"}
"""Folders of a raw dataset, and the word for their files."""
NAMED_FILES = 3
"""Number of files that a message names."""


def raw_files(raw: Path) -> dict[str, Path]:
    """The images and labels of a raw dataset by their path within it."""
    return {f"{part}/{path.name}": path for part in PARTS for path in sorted((raw / part).glob("*.nii.gz"))}


def write_dataset_record(preprocessed: Path, records: Mapping[str, FileRecord]) -> None:
    """Write `made_from.json` of a preprocessed dataset."""
    write_json(preprocessed / RECORD_FILE, {name: asdict(record) for name, record in records.items()})


def read_dataset_record(preprocessed: Path) -> dict[str, FileRecord] | None:
    """What a dataset was preprocessed from; None if that was not recorded.

    Raises:
        InputError: If the record is not one of `write_dataset_record`.
    """
    path = preprocessed / RECORD_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: FileRecord(**record) for name, record in content.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); run vf_nnunet plan again") from error


def check_preprocessed(preprocessed: Path) -> None:
    """Check that a dataset was preprocessed from the present raw dataset, if that is on this machine.

    Raises:
        InputError: If images or labels have changed since, or were added or removed.
    """
    folder, records = os.environ.get("nnUNet_raw"), read_dataset_record(preprocessed)
    raw = Path(folder or "") / preprocessed.name
    if records is None or not folder or not raw.is_dir():
        return
    files = raw_files(raw)
    changed = [name for name in records.keys() & files.keys() if not is_unchanged(records[name], files[name])]
    changed += records.keys() ^ files.keys()
    if changed:
        raise InputError(
            f"{preprocessed / PLANS}.json: {describe_files(changed)} of {raw} changed since vf_nnunet plan; expected "
            "the same files: run vf_nnunet plan again"
        )


def describe_files(names: Iterable[str]) -> str:
    """Images and labels in words, such as `12 labels (case_01, case_02, case_03, ...)`."""
    found = list(names)
    texts = []
    for part, word in PARTS.items():
        files = sorted(name.removeprefix(f"{part}/").removesuffix(".nii.gz") for name in found if name.startswith(part))
        if files:
            listed = ", ".join(files[:NAMED_FILES]) + (", ..." if len(files) > NAMED_FILES else "")
            texts.append(f"{len(files)} {word} ({listed})")
    return " and ".join(texts)
