"""What a case's result was made from, so that a batch can be continued without mixing results."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError, problems_of
from dataset_conversion.spine.image_source import DicomSeries, ImageSource, files_of_source
from dataset_conversion.spine.records.file_records import GroupRecord, digest_of_json, is_group_unchanged, record_group
from evaluation.settings import ScoringSettings
from vf_nnunet import __version__
from vf_nnunet.model.model import Model
from vf_nnunet.model.model_file import ensemble_digest
from vf_nnunet.screening.operating_point import OperatingPoint
from vf_nnunet.screening.vertebrae.centres import GivenCentres
from vf_nnunet.screening.vertebrae.options import VertebraOptions

FINGERPRINT = "fingerprint"
"""Key of the fingerprint in `<case>.json`."""
CT, MAPS = "ct", "maps"
"""Keys of the fingerprint for the files of the CT, and for those of maps that existed already."""
VERTEBRAE = "vertebrae"
"""Key of the fingerprint for everything that the vertebrae of a result depend on."""
RESULT_KEYS = frozenset({"case_id", "score", "findings", "operating_point", "model"})
"""Keys that every result has had in all versions."""
DETACHED_ENDINGS = (".mhd", ".nhdr")
"""Endings of headers whose voxels lie in other files."""
_MODEL_NAMES = ("model", "dataset", "folds")
_DATA_FILE = re.compile(
    rb"^\s*(?:ElementDataFile\s*=|data ?file\s*:)\s*(\S[^\r\n]*?)\s*$", re.IGNORECASE | re.MULTILINE
)


def files_of(ct: ImageSource) -> dict[str, Path]:
    """The files of a CT by name: the file itself, the slices of a series or folder, or a header and its voxels."""
    if isinstance(ct, DicomSeries):
        return files_of_source(ct)
    if ct.is_dir():
        paths = sorted(path for path in ct.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {str(path.relative_to(ct)): path for path in paths}
    files = {ct.name: ct}
    if ct.name.lower().endswith(DETACHED_ENDINGS):
        files |= _detached_files(ct)
    return files


def _detached_files(header: Path) -> dict[str, Path]:
    """The file that a header names; all files beside it if the header names several, as a list or a pattern."""
    with header.open("rb") as file:
        named = _DATA_FILE.search(file.read(2**16))
    name = named.group(1).decode("utf-8", "replace") if named else ""
    path = header.parent / name
    if name and path.is_file():
        return {name: path}
    beside = sorted(path for path in header.parent.iterdir() if path.is_file() and not path.name.startswith("."))
    return {path.name: path for path in beside}


def fingerprint_of(ct: ImageSource, model: Model, air_below: float | None, everywhere: bool) -> dict[str, Any]:
    """The fingerprint of a result that is about to be made. Every file of the CT is read once.

    Args:
        ct: Image file or DICOM series.
        model: The model that predicts.
        air_below: As in `ScreeningSettings`.
        everywhere: As in `ScreeningSettings`.

    Raises:
        InputError: If a file cannot be read.
    """
    return {CT: asdict(record_group(files_of(ct))), **made_by(model, air_below, everywhere)}


def made_by(model: Model, air_below: float | None, everywhere: bool) -> dict[str, Any]:
    """The part of the fingerprint that the maps of any CT depend on.

    Args:
        model: The model that predicts.
        air_below: As in `ScreeningSettings`.
        everywhere: As in `ScreeningSettings`.
    """
    card = model.card
    # The lowest grade of a fracture decides the maps only where each grade has a class.
    grade = [card.fracture_grade] if card.classes.are_grades else []
    network = [ensemble_digest(model.ensemble), card.preprocessing, card.labels, *grade]
    # A fold without a probe is computed everywhere anyway.
    everywhere = everywhere or bool(model.ensemble.folds_without_probe)
    return {
        "model_sha256": digest_of_json(network),
        "air_below": air_below,
        "everywhere": everywhere,
        "vf_nnunet": __version__,
    }


def vertebra_fingerprint(options: VertebraOptions, given: GivenCentres | None) -> dict[str, Any]:
    """The part of the fingerprint about vertebrae.

    Args:
        options: Where their centres and names come from, and how they are judged.
        given: The centres that came with the CT, if there are any.
    """
    return {VERTEBRAE: {**options.to_json(), "given": None if given is None else given.digest}}


def vertebra_differences(result: Mapping[str, Any], options: VertebraOptions) -> list[str]:
    """How the vertebrae of a result were reported otherwise than they would be now, given centres left aside.

    Args:
        result: Content of a `<case>.json`. The vertebrae of an earlier version, which reported none, differ.
        options: The options now.
    """
    if FINGERPRINT not in result:
        return []
    recorded = result[FINGERPRINT].get(VERTEBRAE)
    if recorded is None:
        return ["vertebrae not reported"]
    earlier = _flat(recorded)
    return [
        f"vertebrae: {name} {_text(before)}, now {_text(value)}"
        for name, value in _flat(options.to_json()).items()
        if (before := earlier.get(name)) != value
    ]


def given_digest(result: Mapping[str, Any]) -> str | None:
    """The digest of the centres that a result was made from; None if they were found in its maps."""
    digest: str | None = (result.get(FINGERPRINT, {}).get(VERTEBRAE) or {}).get("given")
    return digest


def _flat(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the operating point's numbers beside the others."""
    return {
        **{name: value for name, value in options.items() if name != "operating_point"},
        **options["operating_point"],
    }


def read_result(path: Path) -> dict[str, Any]:
    """Read a `<case>.json`.

    Raises:
        InputError: If it is not the result of a case.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read as a result of vf_nnunet predict ({error}); expected another output folder"
        ) from error
    if not isinstance(content, dict) or not content.keys() >= RESULT_KEYS:
        raise InputError(
            f"{path}: not a result of vf_nnunet predict and would be replaced; expected another output folder"
        )
    return content


def result_problems(path: Path) -> tuple[str, ...]:
    """What is wrong with a file that should be the result of a case; empty if it is one."""
    return problems_of(lambda text: read_result(Path(text)), str(path))


def differences(
    result: Mapping[str, Any], model: Model, point: OperatingPoint, air_below: float | None, everywhere: bool
) -> list[str]:
    """How a result was made otherwise than it would be now, the CT left aside; empty if nothing differs.

    Args:
        result: Content of a `<case>.json`; one without a fingerprint is compared as far as it goes.
        model: The model that predicts now.
        point: The thresholds of a finding now.
        air_below: As in `ScreeningSettings`.
        everywhere: As in `ScreeningSettings`.
    """
    if MAPS in result.get(FINGERPRINT, {}):
        return ["made by vf_nnunet findings from maps that existed"]
    compared = _compared(result, model, point, made_by(model, air_below, everywhere))
    found = [(name, before, now) for name, before, now in compared if before != now]
    if any(name in _MODEL_NAMES for name, _, _ in found):
        # The digest differs wherever the folds do.
        found = [pair for pair in found if pair[0] != "model_sha256"]
    return [f"{name} {_text(before)}, now {_text(now)}" for name, before, now in found]


def _compared(
    result: Mapping[str, Any], model: Model, point: OperatingPoint, made_by: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Name, recorded and present value of everything but the CT that a result depends on."""
    card = model.card
    identity = {"model": card.name, "dataset": card.dataset, "folds": list(card.folds)}
    pairs = [(name, result["model"].get("name" if name == "model" else name), now) for name, now in identity.items()]
    recorded = result.get(FINGERPRINT, {})
    return [
        *pairs,
        *_compared_thresholds(result, point),
        *((name, recorded.get(name, now), now) for name, now in made_by.items()),
    ]


def _compared_thresholds(result: Mapping[str, Any], point: OperatingPoint) -> list[tuple[str, Any, Any]]:
    """Name, recorded and present value of the thresholds of a finding."""
    thresholds = {**point.to_json(), "connectivity": ScoringSettings().connectivity}
    del thresholds["source"]
    return [(name, result["operating_point"].get(name), now) for name, now in thresholds.items()]


def map_differences(result: Mapping[str, Any], point: OperatingPoint, has_ct: bool) -> list[str]:
    """As `differences`, for a result that is reported from maps that exist.

    Args:
        result: Content of a `<case>.json`.
        point: The thresholds of a finding now.
        has_ct: Whether the CTs are given now.
    """
    recorded = result.get(FINGERPRINT, {})
    if MAPS not in recorded:
        return ["made by vf_nnunet predict"]
    compared = [
        *_compared_thresholds(result, point),
        ("CT", _given_or_not(CT in recorded), _given_or_not(has_ct)),
        ("vf_nnunet", recorded.get("vf_nnunet"), __version__),
    ]
    return [f"{name} {_text(before)}, now {_text(now)}" for name, before, now in compared if before != now]


def _given_or_not(is_given: bool) -> str:
    return "given" if is_given else "not given"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    return f"{value[:8]}..." if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) else str(value)


def is_of_files(result: Mapping[str, Any], key: str, files: Mapping[str, Path]) -> bool | None:
    """Whether a result was made from files; None if it does not record them.

    Args:
        result: Content of a `<case>.json`.
        key: `CT` or `MAPS`.
        files: The files by name.
    """
    recorded = result.get(FINGERPRINT, {}).get(key)
    return None if recorded is None else is_group_unchanged(GroupRecord(**recorded), files)
