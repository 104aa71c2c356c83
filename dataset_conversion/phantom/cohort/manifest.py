"""`cohort.json`: the settings and seed of a cohort, its numbers, and the AUC that its heights allow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.phantom.cohort.auc_ceiling import FORMULA, auc_ceiling
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.cohort.counts import count
from dataset_conversion.phantom.cohort.paper import STATED
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json

MANIFEST = "cohort.json"

DRAWING = 2
"""Increased whenever the same seed and settings give other phantoms, so that no cohort mixes two versions."""

NOTE = "Synthetic phantoms: for testing software. Nothing about patients follows from them."


def claim_folder(output: Path, seed: int, settings: PhantomSettings) -> None:
    """Create the folder and its manifest. A folder that already holds this cohort stays as it is.

    Raises:
        InputError: If the folder holds a cohort of another seed, settings or version, or other files.
    """
    path = output / MANIFEST
    if path.exists():
        if not _identifies(path, seed, settings):
            raise InputError(
                f"{path}: describes another cohort; expected seed {seed} with these settings, or an empty folder"
            )
        return
    if output.exists() and any(not entry.name.startswith(".") for entry in output.iterdir()):
        raise InputError(f"{output}: holds files that are no phantom cohort; expected an empty or a new folder")
    output.mkdir(parents=True, exist_ok=True)
    write_json(path, _identity(seed, settings))


def complete_manifest(output: Path, seed: int, settings: PhantomSettings, plans: Sequence[CasePlan]) -> None:
    """Add the numbers of the cohort, beside those of the paper, and the AUC that its heights allow."""
    found = count([plan.rows() for plan in plans])
    counts = {name: {"found": found[name], "paper": stated} for name, stated in STATED.items()}
    ceiling = {"score": FORMULA, **auc_ceiling(plans)}
    results = {"note": NOTE, "counts": counts, "ceiling_of_true_heights": ceiling}
    write_json(output / MANIFEST, {**results, **_identity(seed, settings)})


def _identity(seed: int, settings: PhantomSettings) -> dict[str, Any]:
    return {"drawing": DRAWING, "seed": seed, "settings": asdict(settings)}


def _identifies(path: Path, seed: int, settings: PhantomSettings) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    if not isinstance(found, dict) or (found.get("drawing"), found.get("seed")) != (DRAWING, seed):
        return False
    return _recorded(found.get("settings"), settings)


def _recorded(found: Any, settings: Any) -> bool:
    """Whether a record has these settings, or these values of one setting."""
    if isinstance(settings, tuple):
        return isinstance(found, list) and len(found) == len(settings) and all(map(_recorded, found, settings))
    if is_dataclass(settings) and isinstance(found, dict):
        return _has_fields(found, settings)
    return bool(found == settings)


def _has_fields(found: dict[str, Any], settings: Any) -> bool:
    """Whether a record has the values of a settings class.

    A record of an earlier version lacks settings that were added later; they must have their defaults.
    """
    values = {field.name: (field, getattr(settings, field.name)) for field in fields(settings)}
    if not found.keys() <= values.keys():
        return False
    added = [value == _default(field) for name, (field, value) in values.items() if name not in found]
    return all(added) and all(_recorded(part, values[name][1]) for name, part in found.items())


def _default(field: Field[Any]) -> Any:
    return None if field.default is MISSING else field.default
