"""Writing a cohort of phantoms to disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from dataset_conversion.images.volume import write_volume
from dataset_conversion.parallel import run_parallel
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.manifest import claim_folder, complete_manifest
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import write_vertebra_table

TABLE = "vertebrae.csv"


def write_cohort(output: Path, cases: int, seed: int, settings: PhantomSettings = SPINE, processes: int = 1) -> Path:
    """Write a synthetic cohort.

    The folder holds `images/<case_id>.nii.gz` (int16 HU), `masks/<case_id>.nii.gz` (uint8; n is the n-th row of the
    case in the table), `vertebrae.csv` and `cohort.json`. Cases that are already there are kept, so that a cohort can
    be resumed or enlarged.

    Args:
        output: The folder.
        cases: Number of cases.
        seed: A case depends on the seed, its number and the settings only.
        settings: All that phantoms are drawn from.
        processes: Number of cases that are rendered at once.

    Returns:
        The folder.

    Raises:
        InputError: If there is less than one case or process, the seed is negative, or the folder holds something else.
    """
    _check_arguments(cases, seed, processes)
    claim_folder(output, seed, settings)
    _check_count(output, cases)
    run_parallel(partial(_write_case, output, seed, settings), range(cases), processes, "phantoms")
    plans = [plan_case(seed, case, settings) for case in range(cases)]
    write_vertebra_table(output / TABLE, [row for plan in plans for row in plan.rows()])
    complete_manifest(output, seed, settings, plans)
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
    problems = [
        f"phantom cohort: {name} is {value}; expected {least} or more"
        for name, value, least in (("cases", cases, 1), ("seed", seed, 0), ("processes", processes, 1))
        if value < least
    ]
    if problems:
        raise InputError(problems)


def _check_count(output: Path, cases: int) -> None:
    found = len(list((output / "images").glob("phantom_*.nii.gz")))
    if found > cases:
        raise InputError(f"{output}: holds {found} cases; expected at most {cases}, the number requested")
