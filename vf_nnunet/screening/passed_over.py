"""Say and record which files and folders are not predicted."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.records.passed_over import PassedOver, describe_passed_over

PASSED_OVER = "passed_over.json"
"""File in the output folder with all files and folders that were passed over, and why."""


def record_passed_over(source: Path, output: Path, passed_over: Sequence[PassedOver]) -> None:
    """Write `passed_over.json`. What it records of other inputs stays; the file is removed with the last record.

    Args:
        source: The CT or folder that was searched.
        output: Folder for the results.
        passed_over: Files and folders that are not predicted.

    Raises:
        InputError: If an earlier record cannot be read.
    """
    path = output / PASSED_OVER
    try:
        earlier = dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it or choose another output folder") from error
    others = {name: reason for name, reason in earlier.items() if not Path(name).is_relative_to(source.absolute())}
    record = {**others, **{replace(item, path=item.path.absolute()).name_in(): item.reason for item in passed_over}}
    if record:
        write_json(path, record)
    else:
        path.unlink(missing_ok=True)


def show_passed_over(folder: Path, passed_over: Sequence[PassedOver]) -> None:
    """Name the files to standard error, in one line for each reason."""
    sys.stderr.write("".join(f"warning: {line}\n" for line in describe_passed_over(folder, passed_over)))
