"""Results that lie in the output folder already: which ones a batch keeps, makes again or replaces."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.screening.case import result_path
from vf_nnunet.screening.failures import FAILURES, recorded_failures
from vf_nnunet.screening.provenance import FINGERPRINT, given_digest, read_result, result_problems, vertebra_differences
from vf_nnunet.screening.vertebrae.given import given_digest_now
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.table import check_table

Source = TypeVar("Source", bound=ImageSource)

NAMED_CASES = 3
"""Number of cases that a warning about many of them names."""


class Procedure(ABC):
    """How a command makes the results of a batch. Earlier results are compared with it.

    Attributes:
        inputs: CT or map by case id.
        made: What the command does to a case, for messages.
        noun: What an input is, for messages.
    """

    made: ClassVar[str]
    noun: ClassVar[str]
    inputs: Mapping[str, ImageSource]

    @property
    @abstractmethod
    def vertebrae(self) -> VertebraOptions:
        """Where the centres of vertebrae come from."""

    @abstractmethod
    def files(self, case: str) -> list[Path]:
        """The files of a case's result, the JSON first."""

    @abstractmethod
    def making_differences(self, result: Mapping[str, Any]) -> list[str]:
        """How a result was made otherwise than it would be now, its input and its vertebrae left aside."""

    @abstractmethod
    def is_of_input(self, case: str, result: Mapping[str, Any]) -> bool | None:
        """Whether a result was made from the present input of its case; None if it does not record its input."""

    def differences(self, result: Mapping[str, Any]) -> list[str]:
        """How a result was made otherwise than it would be now, the input of its case left aside."""
        return [*self.making_differences(result), *vertebra_differences(result, self.vertebrae)]

    def input_differences(self, case: str, result: Mapping[str, Any]) -> list[str]:
        """What a result of this case was made from and is not there any more."""
        return (
            [f"the {self.noun} {self.inputs[case]} was replaced since"]
            if self.is_of_input(case, result) is False
            else []
        )


def check_output(cases: Iterable[str], output: Path) -> None:
    """Check that a batch replaces nothing in the output folder but results and the record of failures.

    Raises:
        InputError: If a file with the name of a result is something else, such as the header of a scan or the table of
            a dataset, the record of failures cannot be read, or a case has its name.
    """
    problems = check_table(output)
    for case in cases:
        path = result_path(output, case)
        if path.name == FAILURES:
            problems.append(f"case {case}: its result would be {FAILURES}, the record of failures; rename the CT")
        elif path.is_file():
            problems += result_problems(path)
    try:
        recorded_failures(output)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)


def unfinished(cases: Mapping[str, Source], output: Path, procedure: Procedure) -> tuple[dict[str, Source], list[str]]:
    """The cases without a result that the procedure would give too.

    Args:
        cases: Inputs by case id.
        output: Folder of the results.
        procedure: How results are made now.

    Returns:
        The cases to do, and a warning for each that has a result and is done again, or whose result cannot be checked
        because an earlier version made it.

    Raises:
        InputError: If a result or an input cannot be read.
    """
    left: dict[str, Source] = {}
    warnings = []
    for case, source in cases.items():
        path = result_path(output, case)
        if not path.is_file():
            left[case] = source
            continue
        result = read_result(path)
        reasons = _outdated(case, result, procedure)
        if reasons:
            left[case] = source
            warnings.append(f"{path}: {'; '.join(reasons)}: {procedure.made} again")
        elif FINGERPRINT not in result:
            warnings.append(
                f"{path}: made by an earlier version, which did not record its CT and weights, and kept unchecked; "
                "delete it to predict the case again"
            )
    return left, warnings


def _outdated(case: str, result: Mapping[str, Any], procedure: Procedure) -> list[str]:
    """Why a result is not what the procedure would give now; empty if it is, as far as it is known."""
    reasons = procedure.differences(result)
    missing = [path.name for path in procedure.files(case) if not path.is_file()]
    if missing:
        reasons.append(f"{', '.join(missing)} missing")
    return reasons or procedure.input_differences(case, result) or _other_centres(case, result, procedure.vertebrae)


def _other_centres(case: str, result: Mapping[str, Any], options: VertebraOptions) -> list[str]:
    """A reason if the given centres of a case are not those of the result."""
    if options.source is None or FINGERPRINT not in result:
        return []
    try:
        same = given_digest_now(case, options) == given_digest(result)
    except InputError:
        return [f"no usable centres in {options.source}"]
    return [] if same else [f"other centres in {options.source}"]


def replaced_results(cases: Iterable[str], output: Path, procedure: Procedure) -> list[str]:
    """A warning for each case whose result in the output folder is that of another input and is replaced."""
    existing = {case: path for case in cases if (path := result_path(output, case)).is_file()}
    return [
        f"{path}: the result of another {procedure.noun} than {procedure.inputs[case]}, and replaced; expected another "
        "output folder to keep it"
        for case, path in existing.items()
        if procedure.is_of_input(case, read_result(path)) is False
    ]


def other_results(cases: Iterable[str], output: Path, procedure: Procedure) -> list[str]:
    """A warning for each way in which results of other cases in the output folder were made otherwise."""
    own = {result_path(output, case) for case in cases}
    by_difference: dict[str, list[str]] = {}
    for path in sorted(output.glob("*.json")):
        if path in own or path.name == FAILURES or result_problems(path):
            continue
        reasons = procedure.differences(read_result(path))
        if reasons:
            by_difference.setdefault("; ".join(reasons), []).append(path.stem)
    return [
        f"{output}: {_named(names)} made otherwise: {difference}; expected one output folder per model and operating "
        "point"
        for difference, names in by_difference.items()
    ]


def _named(names: Sequence[str]) -> str:
    """Few cases by name, many by their number too."""
    if len(names) <= NAMED_CASES:
        return f"results of {', '.join(names)} were"
    return f"results of {len(names)} other cases ({', '.join(names[:NAMED_CASES])}, ...) were"
