"""Which CTs are to be predicted, and how one is read."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from dataset_conversion.images.pairing import EXPECTED_IMAGES, case_id_of, list_images
from dataset_conversion.images.volume import Volume, check_hounsfield, read_volume, to_canonical
from dataset_conversion.spine.errors import InputError


def find_cases(path: Path) -> dict[str, Path]:
    """CTs by case id, sorted: one file, one folder of DICOM slices, or a folder of any of these.

    A case is named after its file or series, and after the folders above it too where names come twice. Characters
    other than letters, digits, '.', '_' and '-' become '_'.

    Raises:
        InputError: If there is nothing at `path`, a file that is no CT, or two CTs of one name in a folder.
        InputError: If there is no image in the folder.
    """
    if path.is_dir():
        return _by_name(path, list_images(path))
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; -i wants a CT or a folder of CTs")
    case = case_id_of(path)
    if case is None:
        raise InputError(f"{path}: not a CT image; wanted {EXPECTED_IMAGES}")
    return {_safe(case): path}


def _by_name(folder: Path, images: Mapping[Path, str]) -> dict[str, Path]:
    count = Counter(_safe(name) for name in images.values())
    cases: dict[str, Path] = {}
    findings = []
    for path, name in images.items():
        case = _safe(name)
        if count[case] > 1:
            case = _safe("_".join([*path.relative_to(folder).parent.parts, name]))
        if case in cases:
            findings.append(f"{path}: second image of case {case} after {cases[case]}, wanted one")
        cases.setdefault(case, path)
    if findings:
        raise InputError(findings)
    return dict(sorted(cases.items()))


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def read_ct(path: Path) -> tuple[Volume, tuple[str, ...]]:
    """The CT on canonical LPS axes, and what a person should know about it, a sentence each.

    Raises:
        InputError: If it cannot be read whole.
    """
    volume = to_canonical(read_volume(path))
    return volume, (*volume.warnings, *(f"{path}: {doubt}" for doubt in check_hounsfield(volume)))
