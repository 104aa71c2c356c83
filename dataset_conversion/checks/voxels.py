"""Checks of the images' voxels, all of them before anything is written.

A cohort with a damaged image is therefore refused early, with all problems in one report. For the conversion the images
are kept on disk as they were read, so that each is decoded once and memory does not grow with the cohort.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dataset_conversion.checks.problems import Problem
from dataset_conversion.checks.spaces import Centroids, check_spaces
from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.stored_volumes import store_volume
from dataset_conversion.images.volume import Volume, to_canonical
from dataset_conversion.parallel import run_parallel
from dataset_conversion.spine.bone.hounsfield import HounsfieldRange
from dataset_conversion.spine.bone.rival_spaces import CaseFit, Sites, measure_case
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource


@dataclass(frozen=True)
class ImageCheck:
    """The result of reading one image.

    Attributes:
        problems: Sentences that name the file; empty for a valid image.
        warnings: Things that a person should know about a valid image.
        content: Fingerprint of the voxels, None for an image that cannot be read.
        fit: Which centroids lie in a vertebral body; None where that was not asked.
    """

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    content: str | None
    fit: CaseFit | None = None


def check_images(
    images: Mapping[str, ImageSource],
    patients: Mapping[str, str],
    limits: HounsfieldRange,
    processes: int,
    centroids: Centroids | None = None,
    store: Path | None = None,
) -> list[Problem]:
    """Read every image and find problems of its voxels.

    They are damaged files, NaN, values that are not HU, images that occur twice, and centroids outside the bone.

    Args:
        images: File by case id.
        patients: Patient by case id; other cases count as patients of their own.
        limits: Values that a CT can have.
        processes: Number of images to read at once.
        centroids: Where the vertebrae are said to lie; None if that is not known.
        store: Folder in which to keep the valid images as they were read; None to keep none.
    """
    sites = centroids.sites if centroids else {}
    items = [(path, sites.get(case_id)) for case_id, path in images.items()]
    found = run_parallel(partial(_check_item, limits=limits, store=store), items, processes, "check images")
    checks = dict(zip(images, found, strict=True))
    problems = [Problem("error", problem) for check in found for problem in check.problems]
    problems += [Problem("warning", warning) for check in found for warning in check.warnings]
    return [*problems, *_misplaced(centroids, checks), *_repeated(images, patients, checks)]


def _misplaced(centroids: Centroids | None, checks: Mapping[str, ImageCheck]) -> list[Problem]:
    if centroids is None:
        return []
    fits = {case_id: check.fit for case_id, check in checks.items() if check.fit is not None}
    return check_spaces(centroids.source, fits)


def check_image(
    path: ImageSource, limits: HounsfieldRange, sites: Sites | None = None, store: Path | None = None
) -> ImageCheck:
    """Read one image and check it.

    Args:
        path: Image file or DICOM series.
        limits: Values that a CT can have.
        sites: Its centroids, to be looked at in its voxels.
        store: Folder in which to keep it as it was read; None not to keep it.
    """
    try:
        volume = read_ct(path, limits)
    except InputError as error:
        return ImageCheck(error.problems, (), None)
    if store is not None:
        store_volume(store, path, volume)
    fit = measure_case(volume.array, volume.affine, sites) if sites else None
    return ImageCheck((), volume.warnings, content_of(volume), fit)


def _check_item(item: tuple[ImageSource, Sites | None], limits: HounsfieldRange, store: Path | None) -> ImageCheck:
    path, sites = item
    return check_image(path, limits, sites, store)


def content_of(volume: Volume) -> str:
    """SHA-256 of the voxels on canonical axes and their shape, so that a reoriented copy counts as the same image."""
    array = to_canonical(volume).array
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    digest.update(array.data)
    return digest.hexdigest()


def _repeated(
    images: Mapping[str, ImageSource], patients: Mapping[str, str], checks: Mapping[str, ImageCheck]
) -> list[Problem]:
    """An error if two patients have the same voxels, since a split may separate them; a warning if one patient has."""
    problems: list[Problem] = []
    first: dict[str, str] = {}
    for case_id, check in checks.items():
        if check.content is None:
            continue
        other = first.setdefault(check.content, case_id)
        if other == case_id:
            continue
        found = f"{images[case_id]}: the same voxels as {images[other]}"
        mine, theirs = (patients.get(name, name) for name in (case_id, other))
        if mine == theirs:
            problems.append(Problem("warning", f"{found}, both of patient {mine}"))
        else:
            problems.append(Problem("error", f"{found}, of patients {mine} and {theirs}; expected each CT once"))
    return problems
