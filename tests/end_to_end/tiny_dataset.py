"""Ten CTs of two vertebrae each, so small that default nnU-Net predicts them in seconds on a CPU."""

from pathlib import Path

import numpy as np

from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.phantom.cohort.case import CasePlan, plan_case, render_case
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table

CASES = 10
SEED = 5
HALF = (36, 32, 32)
"""Half the size (z, y, x) of a CT in voxels."""


def write_tiny_dataset(folder: Path) -> None:
    """Write `images/`, `masks/` and `vertebrae.csv`, cut out of phantoms; every other case has a fracture."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    rows: list[Vertebra] = []
    number = 0
    while len({row.case_id for row in rows}) < CASES:
        plan = plan_case(SEED, number, SPINE)
        number += 1
        pair = _pair(plan, fractured=len({row.case_id for row in rows}) % 2 == 0)
        if pair is not None:
            _write(folder, plan, pair)
            rows += pair
    write_vertebra_table(folder / "vertebrae.csv", rows)


def _pair(plan: CasePlan, fractured: bool) -> list[Vertebra] | None:
    """Two neighbours well inside the phantom, at least one of them fractured or neither."""
    inner = plan.rows()[1:-1]
    pairs = [inner[first : first + 2] for first in range(len(inner) - 1)]
    return next((pair for pair in pairs if any(row.grade for row in pair) == fractured), None)


def _write(folder: Path, plan: CasePlan, pair: list[Vertebra]) -> None:
    image, mask = render_case(plan, SPINE)
    middle = image.world_to_index(np.mean([row.centroid for row in pair], axis=0))[0]
    starts = [
        int(np.clip(round(centre) - half, 0, max(size - 2 * half, 0)))
        for centre, half, size in zip(middle, HALF, image.array.shape, strict=True)
    ]
    box = tuple(slice(start, start + 2 * half) for start, half in zip(starts, HALF, strict=True))
    affine = image.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ starts[::-1]
    write_volume(folder / "images" / f"{plan.case_id}.nii.gz", Volume(image.array[box], affine), np.int16)
    write_volume(folder / "masks" / f"{plan.case_id}.nii.gz", Volume(mask.array[box], affine), np.uint8)
