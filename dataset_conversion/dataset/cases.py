"""The image and the label volume of each case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from dataset_conversion.checks.cohort import Cohort
from dataset_conversion.checks.problems import Problem
from dataset_conversion.dataset.files import FILE_ENDING, IMAGE_FOLDER, LABEL_FOLDER
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.stored_volumes import take_volume
from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.labels.ellipsoids import draw_labels
from dataset_conversion.parallel import run_parallel
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, with_body


@dataclass(frozen=True)
class Job:
    """One case to write: its image file and its vertebrae down the spine."""

    case_id: str
    image: ImageSource
    vertebrae: tuple[Vertebra, ...]


def write_cases(
    folder: Path, cohort: Cohort, settings: ConversionSettings, processes: int, store: Path | None = None
) -> list[Problem]:
    """Write images and labels into `folder`. The files do not depend on the number of processes.

    Args:
        folder: The dataset.
        cohort: The cases.
        settings: Settings of the conversion.
        processes: Number of images to work on at once.
        store: Folder in which the images are kept as they were read; those that are not there are read again.
    """
    for part in (IMAGE_FOLDER, LABEL_FOLDER):
        (folder / part).mkdir()
    cases = by_case(cohort.vertebrae)
    jobs = [Job(case_id, cohort.images[case_id], tuple(case)) for case_id, case in cases.items()]
    found = run_parallel(partial(write_case, folder, settings, store=store), jobs, processes, "convert")
    return [problem for problems in found for problem in problems]


def write_case(folder: Path, settings: ConversionSettings, job: Job, store: Path | None = None) -> list[Problem]:
    """Write one case. Its image was checked before, but may have changed since if it is read again."""
    try:
        volume = take_volume(store, job.image) if store is not None else None
        volume = volume or read_ct(job.image, settings.hounsfield)
        labels = draw_labels(volume, job.vertebrae, settings.ellipsoids, settings.label_classes)
    except InputError as error:
        return [Problem("error", problem) for problem in error.problems]
    labelled = with_body(job.vertebrae)
    write_volume(folder / IMAGE_FOLDER / f"{job.case_id}_0000{FILE_ENDING}", volume, volume.array.dtype)
    write_volume(folder / LABEL_FOLDER / f"{job.case_id}{FILE_ENDING}", replace(volume, array=labels), np.uint8)
    return [
        Problem(
            "warning",
            f"case {job.case_id}: no label at the centroid of {vertebra.vertebra}, whose ellipsoid falls between "
            "thick slices",
        )
        for vertebra, index in zip(labelled, _nearest_voxels(volume, labelled), strict=True)
        if not labels[index]
    ]


def _nearest_voxels(volume: Volume, case: Sequence[Vertebra]) -> list[tuple[int, ...]]:
    if not case:
        return []
    indices = volume.world_to_index([vertebra.centroid for vertebra in case])
    nearest = np.clip(np.rint(indices), 0, np.array(volume.array.shape) - 1).astype(int)
    return [tuple(index) for index in nearest]
