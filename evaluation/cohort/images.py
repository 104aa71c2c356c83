"""A case's images: its map, and what stands in folders with one image a case."""

from __future__ import annotations

from pathlib import Path

from dataset_conversion.spine.errors import InputError
from evaluation.cohort.assembly import Case, Cohort, centroids_outside
from evaluation.maps.nifti import NiftiFile, open_nifti
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map

CT_SUFFIX = "_0000.nii.gz"
LABEL_SUFFIX = ".nii.gz"


def open_images(cohort: Cohort, folder: Path | None, suffix: str) -> dict[str, NiftiFile]:
    """Each case's image, its voxels not read yet; none without a folder.

    Args:
        cohort: The cases.
        folder: As nnU-Net's `imagesTr` or `labelsTr`.
        suffix: What follows the case in a file's name.

    Raises:
        InputError: All images at once that are missing, cannot be read or miss a graded centroid of their case.
    """
    if folder is None:
        return {}
    opened: dict[str, NiftiFile] = {}
    findings: list[str] = []
    for case in cohort.cases:
        try:
            image = open_nifti(folder / f"{case.source.case_id}{suffix}")
        except InputError as error:
            findings.extend(error.problems)
            continue
        findings.extend(centroids_outside(image, case.vertebrae))
        opened[case.source.case_id] = image
    if findings:
        raise InputError(findings)
    return opened


def read_map(case: Case) -> ProbabilityMap:
    """The case's map.

    Raises:
        InputError: When it cannot be read whole or holds anything but probabilities.
    """
    return read_probability_map(case.source.path, case.source.label)
