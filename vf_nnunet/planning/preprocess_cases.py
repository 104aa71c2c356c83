"""Preprocess all cases of a raw dataset in parallel, those that are not done yet."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from dataset_conversion.parallel import run_parallel
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import IGNORE_NAME
from vf_nnunet.nnunet.normalisation import IntensityScale
from vf_nnunet.planning.case_record import (
    RECORD_FOLDER,
    CaseRecord,
    is_preprocessed,
    output_states,
    read_case_record,
    record_raw_files,
    settings_of,
    write_case_record,
)
from vf_nnunet.planning.class_locations import location_classes
from vf_nnunet.planning.preprocessed_case import CasePlan, CaseSummary, preprocess_case, summarise_case
from vf_nnunet.planning.raw_case import RawCase, raw_cases
from vf_nnunet.planning.value_check import CONVERSION_REPORT, value_warnings


@dataclass(frozen=True)
class Work:
    """What a worker process needs to know.

    Attributes:
        folder: Folder of the preprocessed cases.
        records: Folder of their records.
        plan: The plans.
        check_values: Whether to check the values of the CTs.
    """

    folder: Path
    records: Path
    plan: CasePlan
    check_values: bool


def case_plan(
    description: Mapping[str, Any],
    spacing: Sequence[float],
    patch_size: Sequence[int],
    scales: tuple[IntensityScale | None, ...],
) -> CasePlan:
    """What every case's preprocessing depends on.

    Args:
        description: Content of the raw dataset's `dataset.json`.
        spacing: Spacing (z, y, x) of the network's grid in mm.
        patch_size: Voxels (z, y, x) of a training segment.
        scales: The normalisation of each channel; None for a z-score over the image.
    """
    labels = description["labels"]
    (z, y, x), (depth, height, width) = spacing, patch_size
    return CasePlan(
        (z, y, x), (depth, height, width), max(labels.values()), location_classes(labels, IGNORE_NAME), scales
    )


def summarise_cases(raw: Path, description: Mapping[str, Any], processes: int) -> list[CaseSummary]:
    """Read all cases for the fingerprint alone, for a normalisation that depends on all of them.

    Args:
        raw: `nnUNet_raw/<dataset>`, checked.
        description: Content of its `dataset.json`.
        processes: Worker processes.

    Raises:
        InputError: If cases cannot be used: the problems of all of them.
    """
    work = partial(_summarise, max(description["labels"].values()))
    found = run_parallel(work, raw_cases(raw, description), processes, "intensities")
    problems = [problem for one in found if isinstance(one, tuple) for problem in one]
    if problems:
        raise InputError(problems)
    return [one for one in found if isinstance(one, CaseSummary)]


def _summarise(highest_label: int, case: RawCase) -> CaseSummary | tuple[str, ...]:
    """Summarise a case in a worker process, or return its problems."""
    try:
        return summarise_case(case, highest_label)
    except InputError as error:
        return error.problems


def preprocess_cases(
    raw: Path, folder: Path, description: Mapping[str, Any], plan: CasePlan, processes: int
) -> list[CaseRecord]:
    """Preprocess the cases that are not done yet; each is read once.

    A case counts as done if its raw files, the plans and its preprocessed files are unchanged. Cases that are no longer
    in the raw dataset are removed.

    Args:
        raw: `nnUNet_raw/<dataset>`, checked.
        folder: Folder of the preprocessed cases, such as `nnUNet_preprocessed/<dataset>/nnUNetVFPlans_3d_fullres`.
        description: Content of the raw dataset's `dataset.json`.
        plan: As `case_plan` returns it.
        processes: Worker processes.

    Returns:
        The records of all cases, in nnU-Net's order.

    Raises:
        InputError: If cases cannot be used: the problems of all of them. The others stay preprocessed.
    """
    work = Work(folder, folder.parent / RECORD_FOLDER, plan, not (raw / CONVERSION_REPORT).is_file())
    for own in (work.folder, work.records):
        own.mkdir(parents=True, exist_ok=True)
    cases = raw_cases(raw, description)
    _remove_others(work, {case.case_id for case in cases})
    missing = _missing(work, cases)
    if len(missing) < len(cases):
        sys.stdout.write(f"{len(cases) - len(missing)} of {len(cases)} cases are preprocessed already\n")
    found = run_parallel(partial(_preprocess, work), missing, processes, "preprocess")
    problems = {case.case_id: own for case, own in zip(missing, found, strict=True)}
    if any(problems.values()):
        raise InputError([problem for case_id in sorted(problems) for problem in problems[case_id]])
    return [record for case in cases if (record := _read(work, case)) is not None]


def _missing(work: Work, cases: Iterable[RawCase]) -> list[RawCase]:
    """The cases that are not preprocessed; the largest first, so that the processes finish together."""
    settings = settings_of(work.plan, work.check_values)
    missing = [case for case in cases if not is_preprocessed(_read(work, case), case, work.folder, settings)]
    return sorted(missing, key=lambda case: case.images[0].stat().st_size, reverse=True)


def _read(work: Work, case: RawCase) -> CaseRecord | None:
    return read_case_record(_record_path(work, case.case_id))


def _record_path(work: Work, case_id: str) -> Path:
    return work.records / f"{case_id}.npz"


def _preprocess(work: Work, case: RawCase) -> tuple[str, ...]:
    """Preprocess a case in a worker process; return its problems."""
    path = _record_path(work, case.case_id)
    # Without its record, a case that is interrupted half-way counts as not done.
    path.unlink(missing_ok=True)
    try:
        files = record_raw_files(case)
        # One thread per process: threads of several processes wait for each other.
        with threadpool_limits(1):
            summary, ct = preprocess_case(case, work.folder, work.plan)
    except InputError as error:
        return error.problems
    warnings = value_warnings(case.images[0], ct, work.plan.scales[0]) if work.check_values else []
    outputs = output_states(work.folder, case.case_id)
    settings = settings_of(work.plan, work.check_values)
    write_case_record(path, CaseRecord(files, settings, outputs, warnings, summary))
    return ()


def _remove_others(work: Work, case_ids: set[str]) -> None:
    """Remove the files of other cases, and temporary ones, from both folders."""
    for path in (*work.folder.iterdir(), *work.records.iterdir()):
        case_id = path.name.removesuffix(path.suffix)
        if path.is_file() and case_id not in case_ids and case_id.removesuffix("_seg") not in case_ids:
            path.unlink()
