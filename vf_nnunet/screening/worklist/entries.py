"""What the page says about one case, from its result."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.genant import GRADE_OF_WORD
from vf_nnunet.screening.case import result_path
from vf_nnunet.screening.provenance import read_result
from vf_nnunet.screening.result import without_paths
from vf_nnunet.screening.worklist.case_files import CaseFiles
from vf_nnunet.screening.worklist.settings import PAGE, PageSettings

FEWEST_SHARING = 2
"""Vertebrae that a warning must have in common to be one of the case."""


class Entry(NamedTuple):
    """A case in the list.

    Attributes:
        content: What the page says about it.
        origin: How its result was made: `model`, `operating_point`, `vertebra_point` and `is_calibrated`.
    """

    content: dict[str, Any]
    origin: dict[str, Any]


def read_entry(output: Path, case: str, settings: PageSettings = PAGE) -> Entry:
    """The entry of a case. Places are in RAS mm, as the viewer has them.

    Args:
        output: Folder of the results.
        case: Case id.
        settings: When a vertebra names the place of a finding.

    Raises:
        InputError: If the result cannot be read, or lacks something.
    """
    path = result_path(output, case)
    result = read_result(path)
    files = CaseFiles(output, case)
    beside = {"case": case, "thumbnail": files.thumbnail_base64(), "has_volumes": files.volumes.is_file()}
    try:
        return Entry({**_of_result(result, settings), **beside}, _origin(result))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: not a whole result ({error!r}); expected that of this version") from error


def failed_entry(case: str, reasons: Sequence[str]) -> dict[str, Any]:
    """The entry of a case that could not be done."""
    return {"case": case, "failure": list(reasons)}


def as_text(entry: Mapping[str, Any]) -> str:
    """One line of JSON that can stand in a script of a page: no text in it ends the script."""
    text = json.dumps(entry, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _of_result(result: Mapping[str, Any], settings: PageSettings) -> dict[str, Any]:
    vertebrae = [_vertebra(number, one) for number, one in enumerate(result.get("vertebrae", ()), start=1)]
    findings = [_finding(finding, vertebrae, settings) for finding in result["findings"]]
    shared = _take_shared_warnings(vertebrae)
    warnings = without_paths([str(warning) for warning in result.get("warnings", ())], result.get("image"))
    return {
        "image": result.get("image"),
        "score": float(result["score"]),
        "positive": bool(result.get("positive", findings)),
        "vertebrae": vertebrae,
        "findings": findings,
        "not_evaluable": (result.get("vertebra_level") or {}).get("not_evaluable"),
        "warnings": [*warnings, *shared],
    }


def _origin(result: Mapping[str, Any]) -> dict[str, Any]:
    level = result.get("vertebra_level") or {}
    return {
        "model": dict(result["model"]),
        "operating_point": dict(result["operating_point"]),
        "vertebra_point": dict(level.get("operating_point") or {}),
        "is_calibrated": level.get("calibration") is not None,
    }


def _take_shared_warnings(vertebrae: Sequence[dict[str, Any]]) -> list[str]:
    """Take away the warnings that all evaluable vertebrae share, such as that of contrast medium, and return them."""
    judged = [vertebra for vertebra in vertebrae if vertebra["not_evaluable"] is None]
    if len(judged) < FEWEST_SHARING:
        return []
    shared = [text for text in judged[0]["warnings"] if all(text in one["warnings"] for one in judged)]
    for vertebra in judged:
        vertebra["warnings"] = [text for text in vertebra["warnings"] if text not in shared]
    return shared


def _vertebra(number: int, vertebra: Mapping[str, Any]) -> dict[str, Any]:
    """Its number from the top down, and the values of the result that the page shows, by the same names."""
    shown = ("level", "level_probability", "position", "score", "fracture_probability", "positive", "trabecular_hu")
    return {
        "number": number,
        **{name: vertebra.get(name) for name in (*shown, "not_evaluable", "heights_mm", "height_loss")},
        "grade": _grade(vertebra.get("grade_probabilities")),
        "warnings": list(vertebra.get("warnings") or ()),
        "place": _ras(vertebra["centre_lps_mm"]),
    }


def _grade(probabilities: Mapping[str, float] | None) -> int | None:
    """The most probable grade, for models that have classes for grades."""
    return None if not probabilities else GRADE_OF_WORD[max(probabilities, key=probabilities.__getitem__)]


def _finding(
    finding: Mapping[str, Any], vertebrae: Sequence[Mapping[str, Any]], settings: PageSettings
) -> dict[str, Any]:
    place = _ras(finding["centre_lps_mm"])
    distances = [float(np.linalg.norm(np.subtract(place, vertebra["place"]))) for vertebra in vertebrae]
    nearest = int(np.argmin(distances)) if distances else None
    is_near = nearest is not None and distances[nearest] <= settings.nearest_vertebra
    return {
        "place": place,
        "volume_mm3": finding["volume_mm3"],
        "peak_probability": finding["peak_probability"],
        "vertebra": nearest if is_near else None,
    }


def _ras(lps: Sequence[float]) -> list[float]:
    x, y, z = (float(coordinate) for coordinate in lps)
    return [-x, -y, z]
