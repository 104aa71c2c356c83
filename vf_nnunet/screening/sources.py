"""Find the CTs to predict."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from dataset_conversion.images.dicom.files import is_dicom, read_dicom_header
from dataset_conversion.images.pairing import EXPECTED_IMAGES, case_id_of, list_archive, list_images
from dataset_conversion.images.studies.archives import ENDING
from dataset_conversion.images.studies.selection import DEFAULT_SELECTION, DicomSelection
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import DicomSeries, ImageSource
from dataset_conversion.spine.records.passed_over import PassedOver

Source = TypeVar("Source", bound=ImageSource)


@dataclass(frozen=True)
class FoundCases:
    """The CTs to predict.

    Attributes:
        paths: Image file or DICOM series by case id, sorted.
        passed_over: Files, folders and series beside them that are not predicted.
    """

    paths: dict[str, ImageSource]
    passed_over: tuple[PassedOver, ...] = ()


def find_cases(path: Path, selection: DicomSelection = DEFAULT_SELECTION) -> FoundCases:
    """Find CTs by case id.

    A case is named after its file or series, or after its folder if the file is called `ct` or `image`. If a name
    occurs twice, the names of the folders above are put before it. Characters other than letters, digits, `.`, `_` and
    `-` become `_`.

    Args:
        path: An image file, a folder of DICOM slices, a folder with several of these, as an export or a CD, its zip
            archive, or one of its DICOM files, which stands for its series; a DICOMDIR stands for its folder.
        selection: Which DICOM series are taken, and how they are named.

    Raises:
        InputError: If nothing is found at `path`, a file is not a CT, or two CTs in a folder have the same name.
    """
    if path.is_dir():
        found = list_images(path, selection)
        return FoundCases(cases_by_name(path, found.case_ids), found.passed_over)
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; expected a CT or a folder of CTs")
    if path.name.lower().endswith(ENDING):
        found = list_archive(path, selection)
        return FoundCases(cases_by_name(path, found.case_ids), found.passed_over)
    case = case_id_of(path)
    if case is not None:
        return FoundCases({_safe(case): path})
    if is_dicom(path):
        return _of_dicom_file(path, selection)
    raise InputError(f"{path}: not a CT image, or named as a mask; expected {EXPECTED_IMAGES}")


def join_cases(parts: Sequence[FoundCases]) -> FoundCases:
    """The CTs of several places together.

    Raises:
        InputError: If two have the same name.
    """
    cases: dict[str, ImageSource] = {}
    problems = []
    for part in parts:
        problems += [
            f"{path}: second image of case {case} after {cases[case]}; expected one"
            for case, path in part.paths.items()
            if case in cases
        ]
        cases |= part.paths
    if problems:
        raise InputError(problems)
    return FoundCases(dict(sorted(cases.items())), tuple(item for part in parts for item in part.passed_over))


def _of_dicom_file(path: Path, selection: DicomSelection) -> FoundCases:
    """The case of a DICOM file: that of its series, or all that an index names."""
    if path.name.upper() == "DICOMDIR":
        return find_cases(path.parent, selection)
    uid = str(read_dicom_header(path, ["SeriesInstanceUID"]).get("SeriesInstanceUID") or "")
    found = list_images(path.parent, replace(selection, series=(uid,)) if uid else selection)
    own = {one: name for one, name in found.case_ids.items() if isinstance(one, DicomSeries) and path in one.files}
    if not own:
        raise InputError(f"{path}: no slice of a CT volume; expected one")
    return FoundCases(cases_by_name(path.parent, own))


def cases_by_name(folder: Path, images: Mapping[Source, str]) -> dict[str, ImageSource]:
    """The images of a folder by case id, as `find_cases` names them.

    Args:
        folder: The folder that was searched.
        images: Name by image file or DICOM series.

    Raises:
        InputError: If two of them have the same name.
    """
    count = Counter(_safe(name) for name in images.values())
    cases: dict[str, ImageSource] = {}
    problems = []
    for source, name in images.items():
        case = _safe(name)
        if count[case] > 1:
            parents = Path(str(source)).relative_to(folder).parent.parts
            is_file = isinstance(source, Path)
            case = _safe("_".join(parents if parents[-1:] == (name,) and is_file else [*parents, name]))
        if case in cases:
            problems.append(f"{source}: second image of case {case} after {cases[case]}; expected one")
        cases.setdefault(case, source)
    if problems:
        raise InputError(problems)
    return dict(sorted(cases.items()))


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)
