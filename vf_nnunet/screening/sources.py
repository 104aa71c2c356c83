"""Find the CTs to predict."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.images.pairing import EXPECTED_IMAGES, case_id_of, list_images
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.passed_over import PassedOver


@dataclass(frozen=True)
class FoundCases:
    """The CTs to predict.

    Attributes:
        paths: Image file or DICOM folder by case id, sorted.
        passed_over: Files and folders beside them that are not predicted.
    """

    paths: dict[str, Path]
    passed_over: tuple[PassedOver, ...] = ()


def find_cases(path: Path) -> FoundCases:
    """Find CTs by case id.

    A case is named after its file or series, or after its folder if the file is called `ct` or `image`. If a name
    occurs twice, the names of the folders above are put before it. Characters other than letters, digits, `.`, `_` and
    `-` become `_`.

    Args:
        path: A file, a folder of DICOM slices, or a folder with several of these.

    Raises:
        InputError: If nothing is found at `path`, a file is not a CT, or two CTs in a folder have the same name.
    """
    if path.is_dir():
        found = list_images(path)
        return FoundCases(cases_by_name(path, found.case_ids), found.passed_over)
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; expected a CT or a folder of CTs")
    case = case_id_of(path)
    if case is None:
        raise InputError(f"{path}: not a CT image, or named as a mask; expected {EXPECTED_IMAGES}")
    return FoundCases({_safe(case): path})


def cases_by_name(folder: Path, images: Mapping[Path, str]) -> dict[str, Path]:
    """The images of a folder by case id, as `find_cases` names them.

    Args:
        folder: The folder that was searched.
        images: Name by image file or DICOM folder.

    Raises:
        InputError: If two of them have the same name.
    """
    count = Counter(_safe(name) for name in images.values())
    cases: dict[str, Path] = {}
    problems = []
    for path, name in images.items():
        case = _safe(name)
        if count[case] > 1:
            parents = path.relative_to(folder).parent.parts
            case = _safe("_".join(parents if parents[-1:] == (name,) and path.is_file() else [*parents, name]))
        if case in cases:
            problems.append(f"{path}: second image of case {case} after {cases[case]}; expected one")
        cases.setdefault(case, path)
    if problems:
        raise InputError(problems)
    return dict(sorted(cases.items()))


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)
