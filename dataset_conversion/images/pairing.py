"""Find the images of a folder and pair them with the annotated cases."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.images.masks import is_mask_name, mask_folder
from dataset_conversion.images.registry import IMAGE_ENDINGS
from dataset_conversion.images.studies.archives import ENDING, Archives
from dataset_conversion.images.studies.case_ids import case_ids
from dataset_conversion.images.studies.find import find_studies
from dataset_conversion.images.studies.selection import DEFAULT_SELECTION, DicomSelection
from dataset_conversion.spine.case_names import image_case_id
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.image_source import DicomSeries, ImageSource
from dataset_conversion.spine.records.folder_walk import FolderWalk, walk_folder
from dataset_conversion.spine.records.passed_over import PassedOver, describe_passed_over

EXPECTED_IMAGES = f"files ending in {', '.join(IMAGE_ENDINGS)}, or folders or zip archives of DICOM slices"

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_GENERAL_NAMES = frozenset({"ct", "image", "imaging", "img", "scan", "volume"})
"""Names of images in layouts with one folder per case, such as `s0001/ct.nii.gz`: the case has the folder's name."""
_DATA_OF_HEADERS = {".raw": (".mhd", ".nhdr"), ".zraw": (".mhd",), ".gz": (".nhdr",)}
"""Endings of the files that a header of another ending refers to."""


@dataclass(frozen=True)
class FoundImages:
    """The images of a folder and its subfolders.

    Attributes:
        case_ids: Case id by image file or DICOM series, in the order of the paths.
        passed_over: Everything else.
    """

    case_ids: dict[ImageSource, str]
    passed_over: tuple[PassedOver, ...]


def find_images(
    folder: Path, selection: DicomSelection = DEFAULT_SELECTION
) -> tuple[dict[str, ImageSource], list[str]]:
    """The images of `list_images` by case id, and a line for each reason for which files were passed over.

    Raises:
        InputError: If the folder does not exist or has no image, a case has two images, or a name is not safe in paths.
    """
    found = list_images(folder, selection)
    images: dict[str, ImageSource] = {}
    problems = []
    for source, case_id in found.case_ids.items():
        if not _SAFE_NAME.fullmatch(case_id):
            problems.append(f"{source}: case id {case_id!r}; expected letters, digits, '.', '_' and '-' only")
        elif case_id in images:
            way_out = ", or --case-id to name cases by tags" if isinstance(source, DicomSeries) else ""
            problems.append(f"{source}: second image of case {case_id} after {images[case_id]}; expected one{way_out}")
        images.setdefault(case_id, source)
    if problems:
        raise InputError(problems)
    return images, describe_passed_over(folder, found.passed_over)


def list_images(folder: Path, selection: DicomSelection = DEFAULT_SELECTION) -> FoundImages:
    """The case id of each image in a folder and its subfolders: image files, and one DICOM series of each study.

    Links are followed, and zip archives with DICOM files unpacked. Masks are passed over by their names (`a_seg`,
    `a-label`) and by those of the folders between (`segmentations`, `labelsTr`).

    Args:
        folder: The folder.
        selection: Which DICOM series are taken, and how they are named.

    Raises:
        InputError: If the folder does not exist or has no image, or a series of the selection is not there.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the folder with the CT images")
    walk = walk_folder(folder)
    archives = _unpack(walk)
    found, dicom_files = _find_series(walk, archives, selection)
    handled = dicom_files | archives.folders.keys() | {item.path for item in archives.passed_over}
    files, others = images_among((path for path in walk.files if path not in handled), folder)
    images = found.case_ids | files
    passed_over = [*walk.passed_over, *archives.passed_over, *found.passed_over, *others]
    if not images:
        lines = describe_passed_over(folder, passed_over)
        raise InputError([f"{folder}: no image found; expected {EXPECTED_IMAGES}", *lines])
    return FoundImages(dict(sorted(images.items(), key=lambda item: str(item[0]))), tuple(passed_over))


def images_among(files: Iterable[Path], root: Path) -> tuple[dict[ImageSource, str], list[PassedOver]]:
    """The case id of each image file, and the files that are passed over, as `list_images` has them.

    Args:
        files: Files below `root` that are neither DICOM nor archives.
        root: The folder that is searched.
    """
    images: dict[ImageSource, str] = {}
    passed_over = []
    for path in files:
        reason = _reason_to_pass_over(path, root)
        if reason is None:
            images[path] = _case_id_in(path, root)
        elif reason:
            passed_over.append(PassedOver(path, reason))
    return images, passed_over


def _unpack(walk: FolderWalk) -> Archives:
    """The zip archives among the files."""
    archives = Archives()
    for path in walk.files:
        if path.name.lower().endswith(ENDING) and not path.name.startswith("."):
            archives.add(path)
    return archives


def list_archive(archive: Path, selection: DicomSelection = DEFAULT_SELECTION) -> FoundImages:
    """The DICOM series of a zip archive, as `list_images` finds them.

    Raises:
        InputError: If the archive is broken or has no CT.
    """
    archives = Archives()
    archives.add(archive)
    found, _ = _find_series(FolderWalk(), archives, selection)
    passed_over = (*archives.passed_over, *found.passed_over)
    if not found.case_ids:
        lines = describe_passed_over(archive.parent, passed_over)
        raise InputError([f"{archive}: no image found; expected DICOM slices of a CT", *lines])
    return FoundImages(found.case_ids, passed_over)


def _find_series(walk: FolderWalk, archives: Archives, selection: DicomSelection) -> tuple[FoundImages, set[Path]]:
    """The DICOM series in folders that are not hidden and in archives, and all DICOM files."""
    folders = [folder for folder in walk.folders if not folder.name.startswith(".")]
    folders += [folder for unpacked in archives.folders.values() for folder in walk_folder(unpacked).folders]
    found = find_studies(folders, selection, archives.shown)
    names = case_ids(found.series, selection)
    return FoundImages({one: names[one] for one in found.series}, tuple(found.passed_over)), found.scan.files


def case_id_of(path: Path) -> str | None:
    """The case id in the name of an image file; None for another file.

    It is the name without its ending and without a trailing `_ct` or `_0000`.
    """
    stem = None if path.name.startswith(".") else _image_stem(path.name)
    return None if stem is None or is_mask_name(stem) else image_case_id(stem)


def _image_stem(name: str) -> str | None:
    """The name of an image file without its ending; None for another file."""
    ending = next((ending for ending in IMAGE_ENDINGS if name.lower().endswith(ending)), None)
    return None if ending is None else name[: -len(ending)]


def _case_id_in(path: Path, root: Path) -> str:
    case_id = image_case_id(_image_stem(path.name) or path.name)
    if case_id.lower() in _GENERAL_NAMES and path.parent != root:
        return image_case_id(path.parent.name)
    return case_id


def _reason_to_pass_over(path: Path, root: Path) -> str | None:
    """Why a file is not an image; None for an image, and an empty text for a file that need not be named."""
    stem = _image_stem(path.name)
    if path.name.startswith("."):
        return "hidden" if stem is not None and not path.name.startswith("._") else ""
    if stem is None:
        return "" if _is_data_of_header(path) else _reason_of_other_file(path)
    if is_mask_name(stem):
        return "named as a mask"
    folder = mask_folder(path, root)
    return None if folder is None else f"in a folder {folder}"


def _is_data_of_header(path: Path) -> bool:
    return any(path.with_suffix(ending).exists() for ending in _DATA_OF_HEADERS.get(path.suffix.lower(), ()))


def _reason_of_other_file(path: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "a broken link"
    return "not an image"


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


def _some(names: Collection[str]) -> str:
    return shortened_list(sorted(names)) or "none"
