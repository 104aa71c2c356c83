"""Conversion of an annotated cohort to an nnU-Net raw dataset."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dataset_conversion.checks.problems import messages
from dataset_conversion.dataset.cases import write_cases
from dataset_conversion.dataset.files import is_whole, write_metadata
from dataset_conversion.dataset.inputs import record_inputs, write_inputs
from dataset_conversion.dataset.report import is_converted, write_report
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.input_checks import CheckedInput, check_input
from dataset_conversion.qc.pictures import PICTURE_FOLDER, draw_pictures
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_folder
from dataset_conversion.spine.records.file_records import FileRecord

LARGEST_DATASET_ID = 999

_LOG = logging.getLogger(__name__)


def convert(
    request: ConversionRequest,
    raw: Path,
    dataset_id: int,
    name: str,
    *,
    overwrite: bool = False,
    processes: int = 1,
    qc: bool = False,
) -> Path:
    """Convert CT images with centroids and grades to `raw/DatasetXXX_NAME` with ellipsoid labels.

    Images keep their voxels and spacing; their axes are brought to LPS by flips and permutations. All input is checked
    first: headers, annotations, grades and the voxels of every image. Then the cases are written to a temporary folder,
    which becomes the dataset when it is complete. A dataset that was made from the same files with the same settings is
    left as it is.

    Args:
        request: The input and the settings.
        raw: nnU-Net's folder for raw datasets.
        dataset_id: 1 to 999.
        name: Letters, digits, "_" and "-".
        overwrite: Replace a dataset with this id.
        processes: Number of images to work on at once. The dataset does not depend on it.
        qc: Also draw the pictures in `qc/`, if they do not exist yet.

    Returns:
        The dataset's folder.

    Raises:
        InputError: If anything is wrong with the input; all problems at once, and nothing is written.
    """
    _check_arguments(dataset_id, name, processes)
    target = raw / f"Dataset{dataset_id:03d}_{name}"
    existing = sorted(raw.glob(f"Dataset{dataset_id:03d}_*"))
    if existing == [target] and not overwrite and is_whole(target) and is_converted(target, request):
        _LOG.warning(f"{target}: already made from the same input, left as it is")
    else:
        if existing and not overwrite:
            raise InputError(
                f"{existing[0]}: already exists, made from other input or under another name; expected an unused id, "
                "or overwrite=True (--overwrite) to replace it"
            )
        _write_dataset(target, existing, request, processes)
    if qc and not (target / PICTURE_FOLDER).is_dir():
        draw_pictures(target, processes)
    return target


def _check_arguments(dataset_id: int, name: str, processes: int) -> None:
    problems = []
    if not 1 <= dataset_id <= LARGEST_DATASET_ID:
        problems.append(f"dataset id is {dataset_id}; expected 1..{LARGEST_DATASET_ID}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        problems.append(f"dataset name is {name!r}; expected letters, digits, '_' and '-'")
    if processes < 1:
        problems.append(f"processes is {processes}; expected 1 or more")
    if problems:
        raise InputError(problems)


def _write_dataset(target: Path, existing: Sequence[Path], request: ConversionRequest, processes: int) -> None:
    with _temporary_folder(target.parent) as store:
        paths = request.input_paths(target.parent)
        states = {name: _state(path) for name, path in paths.items()}
        checked = check_input(request, processes, store)
        inputs = record_inputs(paths, processes)
        changed = [paths[name] for name, file in inputs.items() if (file.size, file.modified_ns) != states[name]]
        if changed:
            raise InputError(
                [f"{path}: changed while it was read; expected the same: convert again" for path in changed]
            )
        warnings = _write_checked(target, existing, request, checked, inputs, processes, store)
    for warning in warnings:
        _LOG.warning(warning)


def _write_checked(
    target: Path,
    existing: Sequence[Path],
    request: ConversionRequest,
    checked: CheckedInput,
    inputs: Mapping[str, FileRecord],
    processes: int,
    store: Path,
) -> list[str]:
    """Write the dataset; return the warnings."""
    vertebrae = checked.cohort.vertebrae
    try:
        with atomic_folder(target, existing) as folder:
            problems = write_cases(folder, checked.cohort, request.settings, processes, store)
            errors = messages(problems, "error")
            if errors:
                raise InputError(errors)
            warnings = [*checked.warnings, *messages(problems, "warning")]
            write_metadata(folder, vertebrae, checked.folds, request.settings)
            write_inputs(folder, inputs)
            write_report(folder, request, inputs, vertebrae, warnings, checked.cohort.counts)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error})") from error
    return warnings


@contextmanager
def _temporary_folder(raw: Path) -> Iterator[Path]:
    """A folder for the images as they were read, on the disk of the datasets; it disappears in any case."""
    existing = next(folder for folder in (raw, *raw.absolute().parents) if folder.is_dir())
    try:
        temporary = TemporaryDirectory(prefix=".vf_nnunet-", dir=existing)
    except OSError as error:
        raise InputError(f"{raw}: cannot be written ({error})") from error
    with temporary as folder:
        yield Path(folder)


def _state(path: Path) -> tuple[int, int]:
    """Size and time of the last change of a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
