"""The masks of vertebrae in a folder, and the cases that they belong to."""

import re
from collections.abc import Iterable
from pathlib import Path

from dataset_conversion.images.masks import is_mask_name, mask_folder
from dataset_conversion.images.registry import IMAGE_ENDINGS
from dataset_conversion.label_maps.vertebra_masks import vertebra_files
from dataset_conversion.spine.case_names import image_case_id
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.folder_walk import walk_folder

_SUFFIX = re.compile(
    r"(_seg-[^_]+_msk|[._-](d?seg|segmentations?|msk|masks?|labels?|labelmap|vertebrae|totalseg(mentator)?))$",
    re.IGNORECASE,
)
_GENERAL_NAME = re.compile(
    r"d?seg|segs|segmentations?|msk|masks?|labels?|labelmap|vertebrae|total|totalseg(mentator)?|gt_segmentations",
    re.IGNORECASE,
)
"""Names of masks in layouts with one folder per case, such as `s0001/segmentations/vertebrae_L1.nii.gz`."""
_SEMANTIC = re.compile(r"_seg-(spine|subreg)(_msk)?$", re.IGNORECASE)
"""Masks of tissues, which VerSe and SPINEPS write beside those of vertebrae."""


def mask_sources(path: Path) -> dict[str, Path]:
    """The label map, or the folder of single vertebrae, of each case.

    A folder with files such as `vertebrae_L1.nii.gz` belongs to the case that it is named after, and `segmentations` to
    the folder above. A label map has the name of its case, with or without an ending such as `_seg`. Where some files
    are named as masks, or lie in folders such as `segmentations`, other images count as CTs.

    Args:
        path: A label map, or a folder that is searched with its subfolders.

    Raises:
        InputError: If there is no mask, or a case has two.
    """
    if path.is_file():
        return {_case_id(path, path.parent): path}
    sources: dict[str, Path] = {}
    problems: list[str] = []
    for source in _sources_below(path):
        case_id = _case_id(source, path)
        if case_id in sources:
            problems.append(f"{source}: second mask of case {case_id} after {sources[case_id]}; expected one")
        sources.setdefault(case_id, source)
    if not sources:
        expected = "label maps, or folders of files such as vertebrae_L1.nii.gz"
        problems.append(f"{path}: no masks of vertebrae; expected {expected}")
    if problems:
        raise InputError(problems)
    return sources


def holds_masks(path: Path) -> bool:
    """Whether a file or folder looks like masks, by names only."""
    return _stem(path) is not None if path.is_file() else bool(_sources_below(path))


def _sources_below(root: Path) -> list[Path]:
    walk = walk_folder(root)
    folders = [folder for folder in walk.folders if vertebra_files(folder)]
    others = [
        file
        for file in walk.files
        if file.parent not in folders and file.exists() and (stem := _stem(file)) and not _SEMANTIC.search(stem)
    ]
    named = [file for file in others if _is_named_as_mask(file, root)]
    return [*folders, *(named if named or folders else others)]


def _is_named_as_mask(file: Path, root: Path) -> bool:
    stem = _stem(file) or ""
    return is_mask_name(stem) or bool(_SUFFIX.search(stem)) or mask_folder(file, root) is not None


def _case_id(source: Path, root: Path) -> str:
    """The case in the name of a source, or of the folders above it that do not lie above `root`."""
    names = [_stem(source) or source.name, *(folder.name for folder in _folders_above(source, root))]
    case_ids = [_without_suffixes(name) for name in names]
    return next((case_id for case_id in case_ids if not _GENERAL_NAME.fullmatch(case_id)), case_ids[0])


def _folders_above(source: Path, root: Path) -> Iterable[Path]:
    absolute, limit = source.absolute(), root.absolute().parent
    return [folder for folder in absolute.parents if folder.is_relative_to(limit) and folder != limit]


def _without_suffixes(name: str) -> str:
    while _SUFFIX.search(name):
        name = _SUFFIX.sub("", name)
    return image_case_id(name)


def _stem(path: Path) -> str | None:
    """The name of an image file without its ending; None for another file or a hidden one."""
    ending = next((ending for ending in IMAGE_ENDINGS if path.name.lower().endswith(ending)), None)
    return None if ending is None or path.name.startswith(".") else path.name[: -len(ending)]
