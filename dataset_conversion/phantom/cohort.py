"""A cohort of phantoms on disk."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from dataset_conversion.errors import ConversionError
from dataset_conversion.parallel import each
from dataset_conversion.phantom.case import plan_case, render_case
from dataset_conversion.phantom.settings import PhantomSettings
from dataset_conversion.vertebra_table import write_vertebra_table
from dataset_conversion.volume import write_volume

TABLE = "vertebrae.csv"
RECORD = "phantom.json"

DRAWING = 1
"""Raised whenever the same seed and settings come to draw other phantoms, so that no cohort mixes two drawings."""


def write_cohort(
    output: Path, cases: int, seed: int, settings: PhantomSettings | None = None, processes: int = 1
) -> Path:
    """Write a synthetic cohort and return its folder.

    ``images/<case_id>.nii.gz`` (int16 HU), ``masks/<case_id>.nii.gz`` (uint8, the n-th row of the case's table is n),
    ``vertebrae.csv`` and ``phantom.json`` (seed and settings). A case depends on the seed, its number and the settings
    only; cases already there are kept, so that an interrupted or grown cohort goes on where it was.

    Raises:
        ConversionError: fewer than one case or process, a negative seed, or a folder that holds another cohort.
    """
    settings = settings or PhantomSettings()
    _check_arguments(cases, seed, processes)
    _claim(output, seed, settings)
    _check_count(output, cases)
    each(partial(_write_case, output, seed, settings), range(cases), processes, "phantoms")
    plans = (plan_case(seed, case, settings) for case in range(cases))
    write_vertebra_table(output / TABLE, [row for plan in plans for row in plan.rows()])
    return output


def _write_case(output: Path, seed: int, settings: PhantomSettings, case: int) -> None:
    plan = plan_case(seed, case, settings)
    image_path, mask_path = (output / folder / f"{plan.case_id}.nii.gz" for folder in ("images", "masks"))
    if image_path.exists() and mask_path.exists():
        return
    image, mask = render_case(plan, settings)
    for path in (image_path, mask_path):
        path.parent.mkdir(exist_ok=True)
    write_volume(mask_path, mask, np.uint8)
    write_volume(image_path, image, np.int16)


def _check_arguments(cases: int, seed: int, processes: int) -> None:
    findings = [
        f"phantom cohort: {name} is {value}, wanted {least} or more"
        for name, value, least in (("cases", cases, 1), ("seed", seed, 0), ("processes", processes, 1))
        if value < least
    ]
    if findings:
        raise ConversionError(findings)


def _claim(output: Path, seed: int, settings: PhantomSettings) -> None:
    """Make the folder and record what it holds, or refuse a folder that holds something else."""
    record = json.dumps({"drawing": DRAWING, "seed": seed, "settings": asdict(settings)}, indent=2) + "\n"
    path = output / RECORD
    if path.exists():
        if path.read_text(encoding="utf-8") != record:
            raise ConversionError(
                f"{path}: records another cohort, wanted seed {seed} with the settings given; choose an empty folder"
            )
        return
    if output.exists() and any(not entry.name.startswith(".") for entry in output.iterdir()):
        raise ConversionError(f"{output}: holds files that are no phantom cohort, wanted an empty or new folder")
    output.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(record, encoding="utf-8")
    os.replace(temporary, path)


def _check_count(output: Path, cases: int) -> None:
    found = len(list((output / "images").glob("phantom_*.nii.gz")))
    if found > cases:
        raise ConversionError(f"{output}: holds {found} cases, wanted no more than the {cases} asked for")
