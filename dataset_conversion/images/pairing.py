"""Find the images of a folder and pair them with the annotated cases."""

import re
from collections.abc import Collection
from pathlib import Path

from dataset_conversion.images.dicom_slices import holds_dicom
from dataset_conversion.images.registry import IMAGE_ENDINGS
from dataset_conversion.spine.case_names import image_case_id
from dataset_conversion.spine.errors import InputError

EXPECTED_IMAGES = f"files ending in {', '.join(IMAGE_ENDINGS)}, or folders of DICOM slices"

_MASK = re.compile(r"_seg-|_msk$|_mask$|[._-]seg$|-label$")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def find_images(folder: Path) -> dict[str, Path]:
    """The images of `list_images` by case id.

    Raises:
        InputError: If the folder does not exist or has no image, a case has two images, or a name is not safe in paths.
    """
    images: dict[str, Path] = {}
    problems = []
    for path, case_id in list_images(folder).items():
        if not _SAFE_NAME.fullmatch(case_id):
            problems.append(f"{path}: case id {case_id!r}; expected letters, digits, '.', '_' and '-' only")
        elif case_id in images:
            problems.append(f"{path}: second image of case {case_id} after {images[case_id]}; expected one")
        images.setdefault(case_id, path)
    if problems:
        raise InputError(problems)
    return images


def list_images(folder: Path) -> dict[Path, str]:
    """The case id of each image in a folder and its subfolders: image files, and folders that hold DICOM slices.

    Masks (`_seg-`, `_msk`, `.seg.nrrd`) and hidden files are skipped.

    Raises:
        InputError: If the folder does not exist or has no image.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the folder with the CT images")
    found = ((path, case_id_of(path)) for path in sorted([folder, *folder.rglob("*")]))
    images = {path: case_id for path, case_id in found if case_id is not None}
    if not images:
        raise InputError(f"{folder}: no image found; expected {EXPECTED_IMAGES}")
    return images


def case_id_of(path: Path) -> str | None:
    """The case id in the name of an image file or of a folder with DICOM slices; None if it is not an image.

    It is the name without its ending and without a trailing `_ct` or `_0000`.
    """
    name = path.name or path.resolve().name
    if name.startswith("."):
        return None
    if path.is_dir():
        return image_case_id(name) if holds_dicom(path) else None
    ending = next((ending for ending in IMAGE_ENDINGS if name.lower().endswith(ending)), None)
    if ending is None:
        return None
    stem = name[: -len(ending)]
    return None if _MASK.search(stem) else image_case_id(stem)


def unpaired(images: Collection[str], annotated: Collection[str]) -> list[str]:
    """A sentence for each case that is left out because it has no image or no annotation.

    Raises:
        InputError: If no case has both.
    """
    if not set(images) & set(annotated):
        raise InputError(
            f"no case has both image and annotation: images {_some(images)}; annotations {_some(annotated)}; "
            "expected image files named after the annotated cases"
        )
    return [
        *(f"case {case_id}: annotated but without image, left out" for case_id in sorted(set(annotated) - set(images))),
        *(f"case {case_id}: image without annotation, left out" for case_id in sorted(set(images) - set(annotated))),
    ]


def _some(names: Collection[str], shown: int = 3) -> str:
    return ", ".join([*sorted(names)[:shown], *(["..."] if len(names) > shown else [])]) or "none"
