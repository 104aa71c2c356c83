"""Conversion of an annotated cohort to an nnU-Net raw dataset."""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dataset_conversion.checks import by_case
from dataset_conversion.cohort import Cohort, gather_cohort
from dataset_conversion.dataset_files import FILE_ENDING, write_metadata
from dataset_conversion.ellipsoids import draw_labels
from dataset_conversion.errors import ConversionError
from dataset_conversion.replacing import replacing_folder
from dataset_conversion.settings import ConversionSettings
from dataset_conversion.vertebra_table import Vertebra
from dataset_conversion.volume import Volume, check_hounsfield, read_volume, to_canonical, write_volume

LARGEST_DATASET_ID = 999

_LOG = logging.getLogger(__name__)


def convert(
    images: Path,
    annotations: Path,
    raw: Path,
    dataset_id: int,
    name: str,
    grades: Path | None = None,
    annotation_format: str | None = None,
    settings: ConversionSettings | None = None,
    overwrite: bool = False,
) -> Path:
    """Convert CT images with centroids and grades to ``raw/DatasetXXX_NAME`` with ellipsoid labels.

    Images keep their voxels and spacing; their axes are brought to LPS by flips and permutations. Headers, annotations
    and grades are checked first, then each image as it is read; the dataset appears when every case is written.

    Args:
        images: folder with CT images, searched through its subfolders.
        annotations: file or folder with centroids, see ``readers``.
        raw: nnU-Net's folder for raw datasets.
        dataset_id: 1 to 999.
        name: letters, digits, "_" and "-".
        grades: VerSe's grade table, where the centroids come without grades.
        annotation_format: name of the format of ``annotations``, or None to recognise it.
        settings: all numbers; see ``ConversionSettings``.
        overwrite: replace a dataset with this id.

    Returns:
        The dataset's folder.

    Raises:
        ConversionError: all that is wrong with the input; nothing is written then.
    """
    settings = settings or ConversionSettings()
    _check_names(dataset_id, name)
    target = raw / f"Dataset{dataset_id:03d}_{name}"
    existing = sorted(raw.glob(f"Dataset{dataset_id:03d}_*"))
    if existing and not overwrite:
        raise ConversionError(f"{existing[0]}: exists, wanted a free id; overwrite=True (--overwrite) replaces it")
    cohort = gather_cohort(images, annotations, grades, annotation_format, settings.spacing)
    try:
        with replacing_folder(target, existing) as folder:
            thin = _write_cases(folder, cohort, settings)
            warnings = write_metadata(folder, cohort.vertebrae, settings, [*cohort.warnings, *thin])
    except OSError as error:
        raise ConversionError(f"{target}: cannot be written ({error})") from error
    for warning in warnings:
        _LOG.warning(warning)
    return target


def _check_names(dataset_id: int, name: str) -> None:
    findings = []
    if not 1 <= dataset_id <= LARGEST_DATASET_ID:
        findings.append(f"dataset id is {dataset_id}, wanted 1..{LARGEST_DATASET_ID}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        findings.append(f"dataset name is {name!r}, wanted letters, digits, '_' and '-'")
    if findings:
        raise ConversionError(findings)


def _write_cases(folder: Path, cohort: Cohort, settings: ConversionSettings) -> list[str]:
    """Write images and labels; returns warnings.

    Raises:
        ConversionError: the findings of all images.
    """
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir()
    findings: list[str] = []
    warnings: list[str] = []
    for case_id, case in tqdm(by_case(cohort.vertebrae).items(), desc="convert", unit="case"):
        try:
            warnings += _write_case(folder, case_id, cohort.images[case_id], case, settings)
        except ConversionError as error:
            findings += error.findings
    if findings:
        raise ConversionError(findings)
    return warnings


def _write_case(
    folder: Path, case_id: str, image: Path, case: Sequence[Vertebra], settings: ConversionSettings
) -> list[str]:
    volume = read_volume(image)
    implausible = check_hounsfield(volume, settings.hounsfield)
    if implausible:
        raise ConversionError([f"{image}: {finding}" for finding in implausible])
    volume = to_canonical(volume)
    labels = draw_labels(volume, case, settings.ellipsoids, settings.fracture_grade)
    write_volume(folder / "imagesTr" / f"{case_id}_0000{FILE_ENDING}", volume, volume.array.dtype)
    write_volume(folder / "labelsTr" / f"{case_id}{FILE_ENDING}", replace(volume, array=labels), np.uint8)
    return [
        f"case {case_id}: no label at the centroid of {vertebra.vertebra}, whose ellipsoid falls between thick slices"
        for vertebra, index in zip(case, _nearest_voxels(volume, case), strict=True)
        if not labels[index]
    ]


def _nearest_voxels(volume: Volume, case: Sequence[Vertebra]) -> list[tuple[int, ...]]:
    indices = volume.world_to_index([vertebra.centroid for vertebra in case])
    nearest = np.clip(np.rint(indices), 0, np.array(volume.array.shape) - 1).astype(int)
    return [tuple(index) for index in nearest]
