"""`conversion_report.json`: the content of a dataset, its settings, and what a person should look at."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dataset_conversion.dataset.inputs import are_unchanged
from dataset_conversion.dataset.request import LABELLING, LABELLING_OF_C1, ConversionRequest
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.genant import GRADES
from dataset_conversion.spine.levels import LEVELS, WITHOUT_BODY
from dataset_conversion.spine.records.file_records import FileRecord, digest_of_files
from dataset_conversion.spine.records.source_counts import SourceCount
from dataset_conversion.spine.records.versions import installed_versions
from dataset_conversion.spine.vertebra_table import Vertebra

REPORT_FILE = "conversion_report.json"
PACKAGES = ("vf_nnunet", "numpy", "scipy", "nibabel")
UNGRADED = "not graded"


def write_report(
    folder: Path,
    request: ConversionRequest,
    inputs: Mapping[str, FileRecord],
    vertebrae: Sequence[Vertebra],
    warnings: Sequence[str],
    sources: Mapping[str, SourceCount],
) -> None:
    """Write the report of a conversion."""
    content = {
        **request.identity(),
        "versions": installed_versions(PACKAGES),
        "inputs": {
            "images": str(request.images),
            "annotations": str(request.annotations),
            "grades": None if request.grades is None else str(request.grades),
            "files": len(inputs),
            "bytes": sum(file.size for file in inputs.values()),
            "sha256": digest_of_files(inputs),
        },
        "sources": {name: asdict(source) for name, source in sources.items()},
        "counts": count(vertebrae),
        "warnings": list(warnings),
    }
    write_json(folder / REPORT_FILE, content)


def read_counts(folder: Path) -> dict[str, SourceCount]:
    """How much of each source is in a dataset; empty for one that was made before this was recorded."""
    try:
        sources = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))["sources"]
        return {name: SourceCount(**count) for name, count in sources.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def is_converted(folder: Path, request: ConversionRequest) -> bool:
    """Whether the dataset in `folder` was made from the same files with the same settings."""
    try:
        recorded = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
        asked = {name: recorded[name] for name in request.identity()}
        if asked["labelling"] == LABELLING_OF_C1 and not WITHOUT_BODY & recorded["counts"]["by_level"].keys():
            asked["labelling"] = LABELLING
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return asked == request.identity() and are_unchanged(folder, request.input_paths(folder.parent))


def count(vertebrae: Sequence[Vertebra]) -> dict[str, Any]:
    """Count cases, patients and vertebrae; the vertebrae also by grade, and by grade at each level down the spine."""
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
