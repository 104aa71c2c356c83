"""The record of the cases of an output folder that could not be done."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.screening.provenance import RESULT_KEYS

FAILURES = "failed.json"
"""File in the output folder with the reasons by case id."""


def recorded_failures(output: Path) -> dict[str, list[str]]:
    """The failures that the output folder records.

    Raises:
        InputError: If the record cannot be read, or is something else.
    """
    path = output / FAILURES
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it or choose another output folder") from error
    if not isinstance(content, dict) or content.keys() >= RESULT_KEYS:
        raise InputError(f"{path}: not a record of failures; expected another output folder")
    return content


def write_failures(output: Path, failures: Mapping[str, list[str]]) -> None:
    """Write the record; without a failure the file is removed."""
    if failures:
        write_json(output / FAILURES, dict(failures))
    else:
        (output / FAILURES).unlink(missing_ok=True)


def note_failures(output: Path, failures: Mapping[str, list[str]], done: Collection[str]) -> None:
    """Add failures to the record, and take out what is done now.

    Raises:
        InputError: If the record cannot be read.
    """
    recorded = recorded_failures(output)
    changed = {**{name: lines for name, lines in recorded.items() if name not in done}, **failures}
    if changed != recorded:
        output.mkdir(parents=True, exist_ok=True)
        write_failures(output, changed)
