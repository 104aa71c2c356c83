"""Images of a case: its map, and its CT and label image in folders with one image per case."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.processors import available_processors
from evaluation.cohort.cases import Case, EvaluationCohort, centroids_outside
from evaluation.maps.nifti import NiftiFile, open_nifti
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map

CT_SUFFIX = "_0000.nii.gz"
LABEL_SUFFIX = ".nii.gz"

MOST_THREADS = 4
"""Largest number of maps that are measured at once. A map of 300^3 voxels takes about 0.15 GB."""

Measured = TypeVar("Measured")


def open_images(cohort: EvaluationCohort, folder: Path | None, suffix: str) -> dict[str, NiftiFile]:
    """Open each case's image in a folder, without reading voxels.

    Args:
        cohort: The cases.
        folder: A folder like nnU-Net's `imagesTr` or `labelsTr`, or None.
        suffix: The end of a file's name, after the case, in upper or lower case.

    Returns:
        The images by case; empty without a folder.

    Raises:
        InputError: If images are missing, cannot be read or do not contain a graded centroid of their case; all
            problems at once.
    """
    if folder is None:
        return {}
    opened: dict[str, NiftiFile] = {}
    problems: list[str] = []
    for case in cohort.cases:
        try:
            image = open_nifti(_image_path(folder, case.source.case_id, suffix))
        except InputError as error:
            problems.extend(error.problems)
            continue
        problems.extend(centroids_outside(image, case.vertebrae))
        opened[case.source.case_id] = image
    if problems:
        raise InputError(problems)
    return opened


def _image_path(folder: Path, case_id: str, suffix: str) -> Path:
    """The file of a case, also if its ending is in upper case."""
    path = folder / f"{case_id}{suffix}"
    others = [] if path.exists() else folder.glob(f"{glob.escape(case_id)}*")
    return next((other for other in others if other.name[len(case_id) :].lower() == suffix), path)


def measure_maps(
    cases: Sequence[Case], measure: Callable[[Case, ProbabilityMap], Measured], description: str
) -> list[Measured]:
    """Read each case's map once and measure it.

    Args:
        cases: Cases of a cohort.
        measure: Computes the result from a case and its map. Several run at once, in threads.
        description: Name of the step on the progress bar.

    Raises:
        InputError: If images cannot be read completely, or maps hold anything but probabilities; all at once.
    """
    measured: list[Measured] = []
    problems: list[str] = []

    def attempt(case: Case) -> tuple[Measured, ...] | InputError:
        try:
            return (measure(case, read_map(case)),)
        except InputError as error:
            return error

    # Most of the time is spent where Python's global lock is released: while files are decompressed and in numpy.
    pool = ThreadPoolExecutor(min(available_processors(), MOST_THREADS))
    try:
        for found in tqdm(pool.map(attempt, cases), total=len(cases), desc=description, unit="case", disable=None):
            if isinstance(found, InputError):
                problems.extend(found.problems)
            else:
                measured.extend(found)
    finally:
        pool.shutdown(cancel_futures=True)
    if problems:
        raise InputError(problems)
    return measured


def read_map(case: Case) -> ProbabilityMap:
    """The case's map.

    Raises:
        InputError: If it cannot be read completely or holds anything but probabilities.
    """
    return read_probability_map(case.source.path, case.source.labels)
