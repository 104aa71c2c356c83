"""Records of the cases that are preprocessed, so that an interrupted or repeated run skips them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.files import atomic_file
from dataset_conversion.spine.records.file_records import FileRecord, is_unchanged, record_file
from dataset_conversion.spine.records.versions import installed_versions
from vf_nnunet.planning.preprocessed_case import SUFFIXES, CasePlan, CaseSummary
from vf_nnunet.planning.raw_case import RawCase

RECORD_FOLDER = "preprocessed_cases"
"""Folder of the records within a preprocessed dataset. nnU-Net allows no other files beside the cases."""
PREPROCESSING = 1
"""Increased whenever the same files and plans come to give other preprocessed cases, so that old ones are not kept."""
PACKAGES = ("nnunetv2", "blosc2")


@dataclass(frozen=True)
class CaseRecord:
    """A preprocessed case.

    Attributes:
        files: Its raw files by name, as they were read.
        settings: What decided the result besides the files, as `settings_of` returns it.
        outputs: Size in bytes and time of the last change in nanoseconds of each preprocessed file.
        warnings: What is wrong with its values, one sentence each.
        summary: What the fingerprint needs.
    """

    files: dict[str, FileRecord]
    settings: dict[str, Any]
    outputs: list[list[int]]
    warnings: list[str]
    summary: CaseSummary


def settings_of(plan: CasePlan, check_values: bool) -> dict[str, Any]:
    """What decides a preprocessed case besides its files.

    Args:
        plan: The plans.
        check_values: Whether the values of the CT are checked.
    """
    content = {
        "preprocessing": PREPROCESSING,
        "versions": installed_versions(PACKAGES),
        "plan": asdict(plan),
        "check_values": check_values,
    }
    # As JSON gives it back: tuples become lists.
    settings: dict[str, Any] = json.loads(json.dumps(content))
    return settings


def record_raw_files(case: RawCase) -> dict[str, FileRecord]:
    """Record the raw files of a case by their path within the dataset."""
    return {name: record_file(path) for name, path in _raw_files(case).items()}


def output_states(folder: Path, case_id: str) -> list[list[int]]:
    """Size and time of the last change of each preprocessed file of a case; empty if one is missing."""
    try:
        states = [(folder / f"{case_id}{suffix}").stat() for suffix in SUFFIXES]
    except FileNotFoundError:
        return []
    return [[state.st_size, state.st_mtime_ns] for state in states]


def write_case_record(path: Path, record: CaseRecord) -> None:
    """Write a record, atomically."""
    content = {
        "files": {name: asdict(file) for name, file in record.files.items()},
        "settings": record.settings,
        "outputs": record.outputs,
        "warnings": record.warnings,
        "shape": record.summary.shape,
        "spacing": record.summary.spacing,
        "relative_size": record.summary.relative_size,
    }
    with atomic_file(path) as temporary:
        np.savez_compressed(temporary, foreground=record.summary.foreground, record=np.array(json.dumps(content)))


def read_case_record(path: Path) -> CaseRecord | None:
    """Read a record; None if there is none, or it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            content, foreground = json.loads(str(arrays["record"])), arrays["foreground"]
        summary = CaseSummary(tuple(content["shape"]), tuple(content["spacing"]), content["relative_size"], foreground)
        files = {name: FileRecord(**file) for name, file in content["files"].items()}
        return CaseRecord(files, content["settings"], content["outputs"], content["warnings"], summary)
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError):
        return None


def is_preprocessed(record: CaseRecord | None, case: RawCase, folder: Path, settings: Mapping[str, Any]) -> bool:
    """Whether a case was preprocessed from the present files with these settings, and is still there.

    Args:
        record: What is recorded of it.
        case: Its raw files.
        folder: Folder of the preprocessed cases.
        settings: As `settings_of` returns them.
    """
    files = _raw_files(case)
    return (
        record is not None
        and record.settings == settings
        and record.outputs == output_states(folder, case.case_id)
        and record.files.keys() == files.keys()
        and all(is_unchanged(record.files[name], path) for name, path in files.items())
    )


def _raw_files(case: RawCase) -> dict[str, Path]:
    return {f"{path.parent.name}/{path.name}": path for path in (*case.images, case.label)}
