"""Predict or report many cases one after the other; a case that fails does not stop the others."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from dataset_conversion.images.masks import MaskError
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.passed_over import PassedOver
from vf_nnunet.inference.backend import Backend
from vf_nnunet.model.model import Model
from vf_nnunet.screening.case import ScreeningSettings, case_files, screen_case
from vf_nnunet.screening.earlier_results import Procedure
from vf_nnunet.screening.failures import FAILURES, recorded_failures, write_failures
from vf_nnunet.screening.provenance import (
    CT,
    differences,
    files_of,
    is_of_files,
    read_result,
    result_problems,
)
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.table import write_table

LESS_MEMORY = "give --memory a smaller number"
MORE_FREE_MEMORY = "expected more free memory"

CaseListener = Callable[[str], None]
"""Is told the id of a case."""


def ignore_case(case: str) -> None:
    """A listener that does nothing."""


@dataclass(frozen=True)
class PredictionProcedure(Procedure):
    """The prediction of CTs by a model.

    Attributes:
        inputs: CTs by case id.
        output: Folder of the results.
        model: The model that predicts.
        settings: How the CTs are predicted.
    """

    inputs: Mapping[str, Path]
    output: Path
    model: Model
    settings: ScreeningSettings
    made: ClassVar[str] = "predicted"
    noun: ClassVar[str] = "CT"

    @property
    def vertebrae(self) -> VertebraOptions:
        """See `Procedure`."""
        return self.settings.vertebrae

    def files(self, case: str) -> list[Path]:
        """See `Procedure`."""
        maps = self.model.card.classes.maps if self.settings.maps else ()
        return case_files(self.output, case, self.settings.overlay, maps)

    def making_differences(self, result: Mapping[str, Any]) -> list[str]:
        """See `Procedure`."""
        used = self.settings
        return differences(result, self.model, used.operating_point, used.air_below, used.everywhere)

    def is_of_input(self, case: str, result: Mapping[str, Any]) -> bool | None:
        """See `Procedure`."""
        return is_of_files(result, CT, files_of(self.inputs[case]))


def screen_cases(
    cases: Mapping[str, Path],
    output: Path,
    model: Model,
    backend: Backend,
    settings: ScreeningSettings,
    finished: CaseListener = ignore_case,
) -> tuple[dict[str, list[str]], list[PassedOver]]:
    """Predict all cases; progress and warnings go to standard error.

    `failed.json` is written after each failure. A case leaves it when it is predicted, and the file is removed with the
    last one; failures of other cases stay in it. Masks are passed over. At the end, also after an interruption,
    `vertebrae.csv` is written from all results in the folder.

    Args:
        cases: CTs by case id.
        output: Folder for the results.
        model: The model that predicts.
        backend: The model's ensemble, opened.
        settings: How the CTs are predicted.
        finished: Gets the id of each case that is done or has failed, after its files are written.

    Returns:
        For each of these cases that could not be predicted, the reasons; and the images that are masks or maps.

    Raises:
        InputError: If the record of earlier failures cannot be read.
    """

    def screen(case: str, ct: Path) -> Sequence[str]:
        return screen_case(case, ct, output, model, backend, settings)

    return run_cases(cases, output, screen, finished, LESS_MEMORY)


def run_cases(
    cases: Mapping[str, Path],
    output: Path,
    run: Callable[[str, Path], Sequence[str]],
    finished: CaseListener = ignore_case,
    out_of_memory: str = MORE_FREE_MEMORY,
) -> tuple[dict[str, list[str]], list[PassedOver]]:
    """Write the results of all cases, one after the other, as `screen_cases` does.

    Args:
        cases: CTs or maps by case id.
        output: Folder for the results.
        run: Writes the result of a case and returns its warnings; raises `InputError` if that fails.
        finished: As in `screen_cases`.
        out_of_memory: What to do about a case that does not fit into the memory.
    """
    try:
        return _run_each(cases, output, run, finished, out_of_memory)
    finally:
        write_table(output, _results(output))


def _results(output: Path) -> Iterator[dict[str, Any]]:
    """All results in a folder, in alphabetical order of the cases."""
    for path in sorted(output.glob("*.json"), key=lambda path: path.stem):
        if path.name != FAILURES and not result_problems(path):
            yield read_result(path)


def _run_each(
    cases: Mapping[str, Path],
    output: Path,
    run: Callable[[str, Path], Sequence[str]],
    finished: CaseListener,
    out_of_memory: str,
) -> tuple[dict[str, list[str]], list[PassedOver]]:
    recorded = recorded_failures(output)
    failures: dict[str, list[str]] = {}
    masks: list[PassedOver] = []
    for number, (case, path) in enumerate(cases.items(), start=1):
        sys.stderr.write(f"{case} ({number} of {len(cases)})\n")
        try:
            warnings = run(case, path)
        except MaskError as error:
            masks.append(PassedOver(path, str(error)))
            if recorded.pop(case, None) is not None:
                write_failures(output, recorded)
            sys.stderr.write(f"passed over: {error}\n")
        except (InputError, MemoryError) as error:
            failures[case] = recorded[case] = _reasons(case, path, error, out_of_memory)
            write_failures(output, recorded)
        else:
            if recorded.pop(case, None) is not None:
                write_failures(output, recorded)
            sys.stderr.write("".join(f"warning: {warning}\n" for warning in warnings))
        finished(case)
    return failures, masks


def _reasons(case: str, path: Path, error: BaseException, out_of_memory: str) -> list[str]:
    """One line per problem, each with the case or its file."""
    if isinstance(error, MemoryError):
        return [f"{path}: out of memory ({error}); {out_of_memory}"]
    return [_of_case(case, path, line) for line in str(error).splitlines()]


def _of_case(case: str, path: Path, line: str) -> str:
    """A problem with its file, or with its case if it is about another file, such as a mask."""
    if str(path) in line or f"case {case}" in line:
        return line
    # Unlike `Path.exists`, it takes a long sentence for no file.
    is_about_other = os.path.exists(line.split(": ")[0])
    return f"case {case}: {line}" if is_about_other else f"{path}: {line}"
