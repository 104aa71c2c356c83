"""Find the DICOM objects in a folder that can be sent to an archive."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.images.dicom.files import is_dicom, read_dicom_header
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.folder_walk import FolderWalk, walk_folder
from vf_nnunet.archive.received import is_from_archive

_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
_TAGS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID")


@dataclass(frozen=True)
class DicomObject:
    """A DICOM object in a file.

    Attributes:
        path: The file.
        sop_class: SOPClassUID.
        sop_instance: SOPInstanceUID.
        study: StudyInstanceUID.
        transfer_syntax: TransferSyntaxUID.
    """

    path: Path
    sop_class: str
    sop_instance: str
    study: str
    transfer_syntax: str


def find_objects(folder: Path) -> tuple[list[DicomObject], list[str]]:
    """All DICOM objects in a folder and its subfolders, in the order of their paths.

    Files that are not DICOM, directories of media (DICOMDIR), hidden files and folders, and what `predict` has taken
    from an archive are left out.

    Returns:
        The objects, and a problem for each that cannot be sent.

    Raises:
        InputError: If there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the output folder of vf_nnunet predict --dicom")
    walk = walk_folder(folder)
    found: list[DicomObject] = []
    problems: list[str] = [f"{item.path}: {item.reason}" for item in walk.passed_over if "cannot" in item.reason]
    for path in _candidates(folder, walk):
        try:
            header = read_dicom_header(path, _TAGS)
        except InputError as error:
            problems += [f"{path}: {problem}" for problem in error.problems]
        else:
            _add(path, header, found, problems)
    return found, problems


def _candidates(folder: Path, walk: FolderWalk) -> Iterator[Path]:
    """The DICOM files that are our own."""
    from_archive = {path for path in walk.folders if is_from_archive(path)}
    for path in walk.files:
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not is_hidden and not from_archive.intersection(path.parents) and is_dicom(path):
            yield path


def _add(path: Path, header: Any, found: list[DicomObject], problems: list[str]) -> None:
    if header.get("SOPClassUID") == _DIRECTORY_CLASS:
        return
    missing = [tag for tag in _TAGS if not header.get(tag)]
    syntax = header.file_meta.get("TransferSyntaxUID")
    if not syntax:
        missing.append("TransferSyntaxUID")
    if missing:
        problems.append(f"{path}: {', '.join(missing)} missing; expected a complete DICOM object")
        return
    sop_class, sop_instance, study = (str(header[tag].value) for tag in _TAGS)
    found.append(DicomObject(path, sop_class, sop_instance, study, str(syntax)))
