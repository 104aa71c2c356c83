"""Predict many CTs one after the other; a CT that fails does not stop the others."""

import sys
from collections.abc import Mapping
from pathlib import Path

from dataset_conversion.images.masks import MaskError
from dataset_conversion.images.passed_over import PassedOver
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.inference.backend import Backend
from vf_nnunet.model.model import Model
from vf_nnunet.screening.case import ScreeningSettings, result_path, screen_case

FAILURES = "failed.json"
"""File in the output folder with the reasons why cases could not be predicted."""


def unfinished(cases: Mapping[str, Path], output: Path) -> dict[str, Path]:
    """The cases that have no result in `output`."""
    return {case: path for case, path in cases.items() if not result_path(output, case).is_file()}


def screen_cases(
    cases: Mapping[str, Path], output: Path, model: Model, backend: Backend, settings: ScreeningSettings
) -> tuple[dict[str, list[str]], list[PassedOver]]:
    """Predict all cases; progress and warnings go to standard error.

    `failed.json` is written after each failure, and removed if there is none. Masks are passed over.

    Args:
        cases: CTs by case id.
        output: Folder for the results.
        model: The model that predicts.
        backend: The model's ensemble, opened.
        settings: How the CTs are predicted.

    Returns:
        For each case that could not be predicted, the reasons; and the images that are masks or maps.
    """
    failures: dict[str, list[str]] = {}
    masks: list[PassedOver] = []
    (output / FAILURES).unlink(missing_ok=True)
    for number, (case, path) in enumerate(cases.items(), start=1):
        sys.stderr.write(f"{case} ({number} of {len(cases)})\n")
        try:
            warnings = screen_case(case, path, output, model, backend, settings)
        except MaskError as error:
            masks.append(PassedOver(path, str(error)))
            sys.stderr.write(f"passed over: {error}\n")
        except (InputError, MemoryError) as error:
            failures[case] = _reasons(path, error)
            write_json(output / FAILURES, failures)
        else:
            sys.stderr.write("".join(f"warning: {warning}\n" for warning in warnings))
    return failures, masks


def _reasons(path: Path, error: BaseException) -> list[str]:
    """One line per problem, each with the file."""
    if isinstance(error, MemoryError):
        return [f"{path}: out of memory ({error}); give --memory a smaller number"]
    return [line if str(path) in line else f"{path}: {line}" for line in str(error).splitlines()]
