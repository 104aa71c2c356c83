"""Predict or report many cases one after the other; a case that fails does not stop the others."""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from dataset_conversion.images.masks import MaskError
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.records.passed_over import PassedOver
from vf_nnunet.inference.backend import Backend
from vf_nnunet.model.model import Model
from vf_nnunet.screening.case import ScreeningSettings, case_files, screen_case
from vf_nnunet.screening.earlier_results import Procedure
from vf_nnunet.screening.failures import FAILURES, note_failures
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

Source = TypeVar("Source", bound=ImageSource)

LESS_MEMORY = "give --memory a smaller number"
MORE_FREE_MEMORY = "expected more free memory"

CaseListener = Callable[[str], None]
"""Is told the id of a case."""


def ignore_case(case: str) -> None:
    """A listener that does nothing."""


class CaseAddition:
    """Something that is added to the result of each case; this one adds nothing."""

    def lacking(self, cases: Iterable[str]) -> set[str]:
        """The cases to which it was not added yet."""
        return set()

    def __call__(self, case: str, ct: ImageSource) -> Sequence[str]:
        """Add it to a case that has a result.

        Args:
            case: Case id.
            ct: The CT.

        Returns:
            Warnings, one sentence each.

        Raises:
            InputError: If that fails. The result stands.
        """
        return ()


NOTHING = CaseAddition()


def with_lacking(cases: Mapping[str, Source], left: Mapping[str, Source], addition: CaseAddition) -> dict[str, Source]:
    """The cases that are left to do and, in the order of all cases, those that lack an addition only."""
    lacking = addition.lacking(cases)
    return {case: path for case, path in cases.items() if case in left or case in lacking}


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Attributes:
        failures: Why it has no result.
        warnings: About its result.
        mask: Set if it is no CT.
    """

    failures: list[str] = field(default_factory=list)
    warnings: Sequence[str] = ()
    mask: PassedOver | None = None


@dataclass(frozen=True)
class PredictionProcedure(Procedure):
    """The prediction of CTs by a model.

    Attributes:
        inputs: CTs by case id.
        output: Folder of the results.
        model: The model that predicts.
        settings: How the CTs are predicted.
    """

    inputs: Mapping[str, ImageSource]
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
    cases: Mapping[str, ImageSource],
    output: Path,
    model: Model,
    backend: Backend,
    settings: ScreeningSettings,
    finished: CaseListener = ignore_case,
    add: CaseAddition = NOTHING,
    done: Collection[str] = (),
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
        add: Adds something to the result of each case. If that fails, the failure is recorded, and the result stands.
        done: Cases that have a result and only lack the addition.

    Returns:
        For each of these cases that could not be predicted, the reasons; and the images that are masks or maps.

    Raises:
        InputError: If the record of earlier failures cannot be read.
    """

    def screen(case: str, ct: ImageSource) -> Sequence[str]:
        warnings = () if case in done else screen_case(case, ct, output, model, backend, settings)
        return (*warnings, *add(case, ct))

    return run_cases(cases, output, screen, finished, LESS_MEMORY)


def run_cases(
    cases: Mapping[str, Source],
    output: Path,
    run: Callable[[str, Source], Sequence[str]],
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
        write_results_table(output)


def write_results_table(output: Path) -> None:
    """Write `vertebrae.csv` from all results in a folder."""
    write_table(output, _results(output))


def _results(output: Path) -> Iterator[dict[str, Any]]:
    """All results in a folder, in alphabetical order of the cases."""
    for path in sorted(output.glob("*.json"), key=lambda path: path.stem):
        if path.name != FAILURES and not result_problems(path):
            yield read_result(path)


def _run_each(
    cases: Mapping[str, Source],
    output: Path,
    run: Callable[[str, Source], Sequence[str]],
    finished: CaseListener,
    out_of_memory: str,
) -> tuple[dict[str, list[str]], list[PassedOver]]:
    failures: dict[str, list[str]] = {}
    masks: list[PassedOver] = []
    for number, (case, path) in enumerate(cases.items(), start=1):
        sys.stderr.write(f"{case} ({number} of {len(cases)})\n")
        outcome = run_case(case, path, output, run, out_of_memory)
        if outcome.mask is not None:
            masks.append(outcome.mask)
            sys.stderr.write(f"passed over: {outcome.mask.reason}\n")
        if outcome.failures:
            failures[case] = outcome.failures
        sys.stderr.write("".join(f"warning: {warning}\n" for warning in outcome.warnings))
        finished(case)
    return failures, masks


def run_case(
    case: str,
    path: Source,
    output: Path,
    run: Callable[[str, Source], Sequence[str]],
    out_of_memory: str = LESS_MEMORY,
) -> Outcome:
    """Write the result of one case, and keep the record of failures.

    Args:
        case: Case id.
        path: Its CT or map.
        output: Folder for the results.
        run: As in `run_cases`.
        out_of_memory: As in `run_cases`.

    Raises:
        InputError: If the record of earlier failures cannot be read.
    """
    try:
        outcome = Outcome(warnings=run(case, path))
    except MaskError as error:
        outcome = Outcome(mask=PassedOver(Path(str(path)), str(error)))
    except (InputError, MemoryError) as error:
        outcome = Outcome(failures=_reasons(case, path, error, out_of_memory))
    note_failures(output, {case: outcome.failures} if outcome.failures else {}, [case])
    return outcome


def _reasons(case: str, path: ImageSource, error: BaseException, out_of_memory: str) -> list[str]:
    """One line per problem, each with the case or its file."""
    if isinstance(error, MemoryError):
        return [f"{path}: out of memory ({error}); {out_of_memory}"]
    return [_of_case(case, path, line) for line in str(error).splitlines()]


def _of_case(case: str, path: ImageSource, line: str) -> str:
    """A problem with its file, or with its case if it is about another file, such as a mask."""
    if str(path) in line or f"case {case}" in line:
        return line
    # Unlike `Path.exists`, it takes a long sentence for no file.
    is_about_other = os.path.exists(line.split(": ")[0])
    return f"case {case}: {line}" if is_about_other else f"{path}: {line}"
