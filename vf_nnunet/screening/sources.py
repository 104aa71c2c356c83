"""Find the CTs to predict."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from dataset_conversion.images.pairing import EXPECTED_IMAGES, case_id_of, list_images
from dataset_conversion.spine.errors import InputError


def find_cases(path: Path) -> dict[str, Path]:
    """Find CTs by case id, sorted.

    A case is named after its file or series. If a name occurs twice, the names of the folders above are put before it.
    Characters other than letters, digits, `.`, `_` and `-` become `_`.

    Args:
        path: A file, a folder of DICOM slices, or a folder with several of these.

    Raises:
        InputError: If nothing is found at `path`, a file is not a CT, or two CTs in a folder have the same name.
    """
    if path.is_dir():
        return _by_name(path, list_images(path))
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; expected a CT or a folder of CTs")
    case = case_id_of(path)
    if case is None:
        raise InputError(f"{path}: not a CT image; expected {EXPECTED_IMAGES}")
    return {_safe(case): path}


def _by_name(folder: Path, images: Mapping[Path, str]) -> dict[str, Path]:
    count = Counter(_safe(name) for name in images.values())
    cases: dict[str, Path] = {}
    problems = []
    for path, name in images.items():
        case = _safe(name)
        if count[case] > 1:
            case = _safe("_".join([*path.relative_to(folder).parent.parts, name]))
        if case in cases:
            problems.append(f"{path}: second image of case {case} after {cases[case]}; expected one")
        cases.setdefault(case, path)
    if problems:
        raise InputError(problems)
    return dict(sorted(cases.items()))


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)
