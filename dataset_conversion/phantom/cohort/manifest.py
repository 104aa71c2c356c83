"""``cohort.json``: what a folder's cohort is drawn from, what it holds, and the AUC that its heights allow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dataset_conversion.phantom.cohort.auc_ceiling import ceiling
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.cohort.counts import count
from dataset_conversion.phantom.cohort.paper import STATED
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json

RECORD = "cohort.json"

DRAWING = 2
"""Raised whenever the same seed and settings come to draw other phantoms, so that no cohort mixes two drawings."""

NOTE = "Synthetic phantoms: for testing software. Nothing about patients follows from them."


def claim(output: Path, seed: int, settings: PhantomSettings) -> None:
    """Make the folder and record what it is drawn from, or refuse a folder that holds something else.

    Raises:
        InputError: the folder holds a cohort of another seed, settings or drawing, or other files.
    """
    path = output / RECORD
    if path.exists():
        if not _is_of(path, seed, settings):
            raise InputError(
                f"{path}: records another cohort, wanted seed {seed} with the settings given; choose an empty folder"
            )
        return
    if output.exists() and any(not entry.name.startswith(".") for entry in output.iterdir()):
        raise InputError(f"{output}: holds files that are no phantom cohort, wanted an empty or new folder")
    output.mkdir(parents=True, exist_ok=True)
    write_json(path, _identity(seed, settings))


def complete(output: Path, seed: int, settings: PhantomSettings, plans: Sequence[CasePlan]) -> None:
    """Add to the record what the cohort's cases hold, beside what the paper states, and the reader's ceiling."""
    found = count([plan.rows() for plan in plans])
    record = _identity(seed, settings)
    counts = {name: {"found": found[name], "paper": stated} for name, stated in STATED.items()}
    write_json(output / RECORD, {"note": NOTE, "counts": counts, "ceiling_of_true_heights": ceiling(plans), **record})


def _identity(seed: int, settings: PhantomSettings) -> dict[str, Any]:
    return {"drawing": DRAWING, "seed": seed, "settings": asdict(settings)}


def _is_of(path: Path, seed: int, settings: PhantomSettings) -> bool:
    wanted = json.loads(json.dumps(_identity(seed, settings)))
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(found, dict) and all(found.get(key) == value for key, value in wanted.items())
