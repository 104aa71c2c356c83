"""`cohort.json`: the settings and seed of a cohort, its numbers, and the AUC that its heights allow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
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
    expected = json.loads(json.dumps(_identity(seed, settings)))
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(found, dict) and all(found.get(key) == value for key, value in expected.items())
