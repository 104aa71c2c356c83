"""Predict many CTs one after the other; a CT that fails does not stop the others."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.images.masks import MaskError
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.records.passed_over import PassedOver
from vf_nnunet.inference.backend import Backend
from vf_nnunet.model.model import Model
from vf_nnunet.screening.case import ScreeningSettings, case_files, result_path, screen_case
from vf_nnunet.screening.provenance import (
    FINGERPRINT,
    RESULT_KEYS,
    differences,
    given_digest,
    is_of_ct,
    read_result,
    vertebra_differences,
)
from vf_nnunet.screening.vertebrae.given import given_digest_now
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.table import check_table, write_table

FAILURES = "failed.json"
"""File in the output folder with the reasons why cases could not be predicted."""
NAMED_CASES = 3
"""Number of cases that a warning about many of them names."""


def check_output(cases: Iterable[str], output: Path) -> None:
    """Check that a prediction replaces nothing in the output folder but results and the record of failures.

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
            problems += _problems_of(path)
    try:
        _recorded_failures(output)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)


def _problems_of(path: Path) -> tuple[str, ...]:
    try:
        read_result(path)
    except InputError as error:
        return error.problems
    return ()


def unfinished(
    cases: Mapping[str, Path], output: Path, model: Model, settings: ScreeningSettings
) -> tuple[dict[str, Path], list[str]]:
    """The cases without a result that a prediction by `model` with `settings` would give too.

    Args:
        cases: CTs by case id.
        output: Folder of the results.
        model: The model that predicts.
        settings: How the CTs are predicted.

    Returns:
        The cases to predict, and a warning for each that has a result and is predicted again, or whose result cannot be
        checked because an earlier version made it.

    Raises:
        InputError: If a result or a CT cannot be read.
    """
    left: dict[str, Path] = {}
    warnings = []
    for case, ct in cases.items():
        path = result_path(output, case)
        if not path.is_file():
            left[case] = ct
            continue
        result = read_result(path)
        reasons = _outdated(case, ct, output, result, model, settings)
        if reasons:
            left[case] = ct
            warnings.append(f"{path}: {'; '.join(reasons)}: predicted again")
        elif FINGERPRINT not in result:
            warnings.append(
                f"{path}: made by an earlier version, which did not record its CT and weights, and kept unchecked; "
                "delete it to predict the case again"
            )
    return left, warnings


def _outdated(
    case: str, ct: Path, output: Path, result: Mapping[str, Any], model: Model, settings: ScreeningSettings
) -> list[str]:
    """Why a result is not what a prediction would give now; empty if it is, as far as it is known."""
    reasons = _differences(result, model, settings)
    files = case_files(output, case, settings.overlay, model.card.classes.maps)
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        reasons.append(f"{', '.join(missing)} missing")
    if not reasons and is_of_ct(result, ct) is False:
        reasons.append(f"the CT {ct} was replaced since")
    return reasons or _other_centres(case, ct, result, settings.vertebrae)


def _differences(result: Mapping[str, Any], model: Model, settings: ScreeningSettings) -> list[str]:
    """How a result was made otherwise than it would be now, the CT and what comes with it left aside."""
    return [
        *differences(result, model, settings.operating_point, settings.air_below, settings.everywhere),
        *vertebra_differences(result, settings.vertebrae),
    ]


def _other_centres(case: str, ct: Path, result: Mapping[str, Any], options: VertebraOptions) -> list[str]:
    """A reason if the centres that come with the CT are not those of the result."""
    if options.source is None or FINGERPRINT not in result:
        return []
    try:
        same = given_digest_now(case, read_image_header(ct), options) == given_digest(result)
    except InputError:
        return [f"no usable centres in {options.source}"]
    return [] if same else [f"other centres in {options.source}"]


def replaced_results(cases: Mapping[str, Path], output: Path) -> list[str]:
    """A warning for each case whose result in the output folder is that of another CT, which a prediction replaces."""
    existing = {case: path for case in cases if (path := result_path(output, case)).is_file()}
    return [
        f"{path}: the result of another CT than {cases[case]}, and replaced; expected another output folder to keep it"
        for case, path in existing.items()
        if is_of_ct(read_result(path), cases[case]) is False
    ]


def other_results(cases: Iterable[str], output: Path, model: Model, settings: ScreeningSettings) -> list[str]:
    """A warning for each way in which results of other cases in the output folder were made otherwise."""
    own = {result_path(output, case) for case in cases}
    by_difference: dict[str, list[str]] = {}
    for path in sorted(output.glob("*.json")):
        if path in own or path.name == FAILURES or _problems_of(path):
            continue
        reasons = _differences(read_result(path), model, settings)
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


def screen_cases(
    cases: Mapping[str, Path], output: Path, model: Model, backend: Backend, settings: ScreeningSettings
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

    Returns:
        For each of these cases that could not be predicted, the reasons; and the images that are masks or maps.

    Raises:
        InputError: If the record of earlier failures cannot be read.
    """

    def screen(case: str, ct: Path) -> Sequence[str]:
        return screen_case(case, ct, output, model, backend, settings)

    return run_cases(cases, output, screen)


def run_cases(
    cases: Mapping[str, Path], output: Path, run: Callable[[str, Path], Sequence[str]]
) -> tuple[dict[str, list[str]], list[PassedOver]]:
    """Write the results of all cases, one after the other, as `screen_cases` does.

    Args:
        cases: CTs or maps by case id.
        output: Folder for the results.
        run: Writes the result of a case and returns its warnings; raises `InputError` if that fails.
    """
    try:
        return _run_each(cases, output, run)
    finally:
        write_table(output, _results(output))


def _results(output: Path) -> Iterator[dict[str, Any]]:
    """All results in a folder, in alphabetical order of the cases."""
    for path in sorted(output.glob("*.json"), key=lambda path: path.stem):
        if path.name != FAILURES and not _problems_of(path):
            yield read_result(path)


def _run_each(
    cases: Mapping[str, Path], output: Path, run: Callable[[str, Path], Sequence[str]]
) -> tuple[dict[str, list[str]], list[PassedOver]]:
    recorded = _recorded_failures(output)
    failures: dict[str, list[str]] = {}
    masks: list[PassedOver] = []
    for number, (case, path) in enumerate(cases.items(), start=1):
        sys.stderr.write(f"{case} ({number} of {len(cases)})\n")
        try:
            warnings = run(case, path)
        except MaskError as error:
            masks.append(PassedOver(path, str(error)))
            if recorded.pop(case, None) is not None:
                _write_failures(output, recorded)
            sys.stderr.write(f"passed over: {error}\n")
        except (InputError, MemoryError) as error:
            failures[case] = recorded[case] = _reasons(path, error)
            _write_failures(output, recorded)
        else:
            if recorded.pop(case, None) is not None:
                _write_failures(output, recorded)
            sys.stderr.write("".join(f"warning: {warning}\n" for warning in warnings))
    return failures, masks


def _recorded_failures(output: Path) -> dict[str, list[str]]:
    """The failures that the output folder records."""
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


def _write_failures(output: Path, failures: Mapping[str, list[str]]) -> None:
    if failures:
        write_json(output / FAILURES, dict(failures))
    else:
        (output / FAILURES).unlink(missing_ok=True)


def _reasons(path: Path, error: BaseException) -> list[str]:
    """One line per problem, each with the file."""
    if isinstance(error, MemoryError):
        return [f"{path}: out of memory ({error}); give --memory a smaller number"]
    return [line if str(path) in line else f"{path}: {line}" for line in str(error).splitlines()]
