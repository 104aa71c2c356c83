"""VerSe's subject-based centroid files, ``sub-verse004_seg-subreg_ctd.json``.

A file holds one entry with the ``direction`` of the stored axes and one entry a vertebra with voxel indices X, Y, Z
along these axes (Sekuboyina et al. 2021; github.com/anjany/verse). The older releases, in millimetres and without
``direction``, are refused.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dataset_conversion.errors import ConversionError
from dataset_conversion.geometry import FloatArray, ImageHeader, axis_codes
from dataset_conversion.readers.annotation_format import AnnotationFormat, Annotations
from dataset_conversion.vertebra_table import Vertebra

FILE_PATTERN = "*_ctd.json"
COCCYX = 27
LEVEL_OF_LABEL: dict[int, str] = {
    **{label: f"C{label}" for label in range(1, 8)},
    **{label: f"T{label - 7}" for label in range(8, 20)},
    **{label: f"L{label - 19}" for label in range(20, 26)},
    # The label is the whole sacrum; its centroid lies in the first sacral body.
    26: "S1",
    28: "T13",
}

_AXIS_OF_CODE = {code: axis for axis, codes in enumerate(("RL", "AP", "IS")) for code in codes}


def read(path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """Read one centroid file or every one below a folder.

    Entries whose coordinates are NaN and the coccyx are left out. Series of one subject share a patient.

    Raises:
        ConversionError: all files that cannot be understood, and cases with more than one file.
    """
    findings: list[str] = []
    vertebrae: list[Vertebra] = []
    sources: dict[str, Path] = {}
    for file in _centroid_files(path):
        case_id = _case_id(file)
        if case_id in sources:
            findings.append(f"{file}: second centroid file of case {case_id} after {sources[case_id]}, wanted one")
            continue
        sources[case_id] = file
        if case_id in images:
            try:
                vertebrae += _read_case(file, case_id, images[case_id])
            except ConversionError as error:
                findings += error.findings
    if findings:
        raise ConversionError(findings)
    return Annotations(cases=frozenset(sources), vertebrae=tuple(vertebrae))


def _centroid_files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob(FILE_PATTERN))


def _case_id(file: Path) -> str:
    return re.sub(r"(_seg-[^_]+)?_ctd$", "", file.stem)


def _read_case(file: Path, case_id: str, image: ImageHeader) -> list[Vertebra]:
    direction, entries = _parse(file)
    patient_id = case_id.split("_split-")[0]
    vertebrae = []
    for level, centroid in entries:
        stored = _to_image_axes(centroid, direction, image)
        x, y, z = (float(value) for value in image.index_to_world(stored[::-1])[0])
        vertebrae.append(Vertebra(case_id, patient_id, level, x, y, z))
    return vertebrae


def _parse(file: Path) -> tuple[str, list[tuple[str, FloatArray]]]:
    """The direction of the axes, such as "PIR", and each vertebra's level and voxel index along them."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        direction = "".join(content[0]["direction"])
        entries = [(int(entry["label"]), np.array([float(entry[axis]) for axis in "XYZ"])) for entry in content[1:]]
    except (OSError, ValueError, LookupError, TypeError, OverflowError) as error:
        wanted = "a list of a direction entry and entries with label, X, Y, Z"
        raise ConversionError(f"{file}: not a VerSe centroid file ({error!r}), wanted {wanted}") from error
    if sorted(_AXIS_OF_CODE.get(code, -1) for code in direction) != [0, 1, 2]:
        raise ConversionError(f"{file}: direction is {direction!r}, wanted three axes such as 'PIR'")
    used = [(label, index) for label, index in entries if label != COCCYX and not np.isnan(index).any()]
    _check_labels(file, [label for label, _ in used])
    return direction, [(LEVEL_OF_LABEL[label], index) for label, index in used]


def _check_labels(file: Path, labels: list[int]) -> None:
    unknown = [label for label in labels if label not in LEVEL_OF_LABEL]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    findings = [f"{file}: label {label} is unknown, wanted 1..28" for label in unknown]
    findings += [f"{file}: label {label} stands twice, wanted each vertebra once" for label in twice]
    if findings:
        raise ConversionError(findings)


def _to_image_axes(index: FloatArray, direction: str, image: ImageHeader) -> FloatArray:
    """Move an index from axes along ``direction`` to the image's stored axes x, y, z."""
    codes = axis_codes(image.affine)
    size = image.shape[::-1]
    moved = np.empty(3)
    for axis, code in enumerate(codes):
        source = next(i for i, other in enumerate(direction) if _AXIS_OF_CODE[other] == _AXIS_OF_CODE[code])
        flipped = direction[source] != code
        # The last voxel is size - 1: mirroring about it keeps a voxel's centre on a voxel's centre.
        moved[axis] = size[axis] - 1 - index[source] if flipped else index[source]
    return moved


def _matches(path: Path) -> bool:
    return path.name.endswith("_ctd.json") if path.is_file() else any(path.rglob(FILE_PATTERN))


FORMAT = AnnotationFormat(name="verse", matches=_matches, read=read)
