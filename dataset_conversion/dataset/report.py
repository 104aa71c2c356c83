"""`conversion_report.json`: what was converted, with which settings, and what a person should look at."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from dataset_conversion.dataset.inputs import InputFile, are_unchanged, find_inputs, fingerprint
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.levels import LEVELS
from dataset_conversion.spine.vertebra_table import GRADES, Vertebra

REPORT_FILE = "conversion_report.json"
PACKAGES = ("vf_nnunet", "numpy", "scipy", "nibabel")
UNGRADED = "not graded"

LABELLING = 1
"""Raised whenever the same input and settings come to give another dataset, so that an old one is not taken for it."""


@dataclass(frozen=True)
class Request:
    """What a conversion was asked for.

    Attributes:
        images: Folder with CT images.
        annotations: File or folder with centroids.
        grades: VerSe's grade table, or None.
        options: How the sources are read, such as the format that was named.
        settings: All numbers.
    """

    images: Path
    annotations: Path
    grades: Path | None
    options: Mapping[str, Any]
    settings: ConversionSettings

    def input_paths(self, raw: Path) -> dict[str, Path]:
        """The files that this conversion may read; `raw` holds none of them."""
        return find_inputs({"images": self.images, "annotations": self.annotations, "grades": self.grades}, raw)

    def identity(self) -> dict[str, Any]:
        """What besides the files decides on the dataset."""
        content = {"labelling": LABELLING, "options": dict(self.options), "settings": asdict(self.settings)}
        # As JSON gives it back: tuples become lists.
        identity: dict[str, Any] = json.loads(json.dumps(content))
        return identity


def write_report(
    folder: Path,
    request: Request,
    inputs: Mapping[str, InputFile],
    vertebrae: Sequence[Vertebra],
    warnings: Sequence[str],
) -> None:
    """Write the report of a conversion."""
    content = {
        **request.identity(),
        "versions": _versions(),
        "inputs": {
            "images": str(request.images),
            "annotations": str(request.annotations),
            "grades": None if request.grades is None else str(request.grades),
            "files": len(inputs),
            "bytes": sum(file.size for file in inputs.values()),
            "sha256": fingerprint(inputs),
        },
        "counts": count(vertebrae),
        "warnings": list(warnings),
    }
    write_json(folder / REPORT_FILE, content)


def is_converted(folder: Path, request: Request) -> bool:
    """Whether `folder`, a dataset, came from the same files with the same settings."""
    try:
        recorded = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
        asked = {name: recorded[name] for name in request.identity()}
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return asked == request.identity() and are_unchanged(folder, request.input_paths(folder.parent))


def count(vertebrae: Sequence[Vertebra]) -> dict[str, Any]:
    """Cases, patients and vertebrae, these by grade and by grade at each level, down the spine."""
    by_level = {level: [vertebra for vertebra in vertebrae if vertebra.vertebra == level] for level in LEVELS}
    return {
        "cases": len({vertebra.case_id for vertebra in vertebrae}),
        "patients": len({vertebra.patient_id for vertebra in vertebrae}),
        "vertebrae": len(vertebrae),
        "by_grade": _by_grade(vertebrae),
        "by_level": {level: _by_grade(own) for level, own in by_level.items() if own},
    }


def _by_grade(vertebrae: Sequence[Vertebra]) -> dict[str, int]:
    counts = Counter(vertebra.grade for vertebra in vertebrae)
    return {UNGRADED if grade is None else str(grade): counts[grade] for grade in (*GRADES, None)}


def _versions() -> dict[str, str]:
    installed = {distribution.name for distribution in metadata.distributions()}
    return {package: metadata.version(package) for package in PACKAGES if package in installed}
