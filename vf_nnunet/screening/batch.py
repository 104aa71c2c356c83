"""Many CTs in a row, of which a bad one must not stop the others."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.inference.model import Model
from vf_nnunet.screening.case import ScreeningSettings, result_path, screen_case

if TYPE_CHECKING:
    from vf_nnunet.inference.backend import Backend

FAILURES = "failed.json"
"""In the output folder: the reasons of each case that could not be predicted."""

_BAD_CASE = (InputError, MemoryError)


def unfinished(cases: Mapping[str, Path], output: Path) -> dict[str, Path]:
    """The cases whose findings are not in `output`."""
    return {case: path for case, path in cases.items() if not result_path(output, case).is_file()}


def screen_cases(
    cases: Mapping[str, Path], output: Path, model: Model, backend: "Backend", settings: ScreeningSettings
) -> dict[str, list[str]]:
    """Predict all cases, saying on standard error which one it is and what is odd about it.

    `failed.json` is written after each failure, and is gone when there is none.

    Returns:
        The reasons of each case that could not be predicted.
    """
    failures: dict[str, list[str]] = {}
    (output / FAILURES).unlink(missing_ok=True)
    for number, (case, path) in enumerate(cases.items(), start=1):
        sys.stderr.write(f"{case} ({number} of {len(cases)})\n")
        try:
            warnings = screen_case(case, path, output, model, backend, settings)
        except _BAD_CASE as error:
            failures[case] = _reasons(path, error)
            write_json(output / FAILURES, failures)
        else:
            sys.stderr.write("".join(f"warning: {warning}\n" for warning in warnings))
    return failures


def _reasons(path: Path, error: BaseException) -> list[str]:
    """One line a finding, each with the file."""
    if isinstance(error, MemoryError):
        return [f"{path}: out of memory ({error}); give --memory a smaller number"]
    return [line if str(path) in line else f"{path}: {line}" for line in str(error).splitlines()]
