"""Masks of whole vertebrae of phantoms, whose true body centres are known, in the numbers of other programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.label_maps.numberings import Numbering
from dataset_conversion.phantom.anatomy.bodies_and_discs import body_box
from dataset_conversion.phantom.anatomy.posterior_elements import in_field, posterior_elements
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.cohort.case import CasePlan, plan_case
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.shapes.rods import union_depth
from dataset_conversion.phantom.shapes.vertebral_body import endplate_depth, smooth_minimum, wall_depth

Labels = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class WholeVertebrae:
    """The vertebrae of one phantom.

    Attributes:
        plan: The phantom.
        volume: (z, y, x) uint16, n for the n-th visible vertebra from the top.
        levels: Level by number.
    """

    plan: CasePlan
    volume: Volume
    levels: Mapping[int, str]

    def numbered(self, numbering: Numbering) -> Volume:
        """The label map in the numbers of a program."""
        number_of = {level: number for number, level in numbering.levels.items()}
        table = np.zeros(len(self.levels) + 1, dtype=np.uint16)
        for number, level in self.levels.items():
            table[number] = number_of[level]
        return Volume(table[self.volume.array], self.volume.affine)

    def write(self, path: Path, numbering: Numbering) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_volume(path, self.numbered(numbering), np.uint16)
        return path

    def write_folder(self, folder: Path) -> Path:
        """One file per vertebra, as TotalSegmentator writes them, with an empty one and another organ."""
        folder.mkdir(parents=True, exist_ok=True)
        masks = {level: self.volume.array == number for number, level in self.levels.items()}
        masks |= {"C3": np.zeros_like(self.volume.array, dtype=bool)}
        for level, inside in masks.items():
            write_volume(folder / f"vertebrae_{level}.nii.gz", Volume(inside, self.volume.affine), np.uint8)
        write_volume(folder / "liver.nii.gz", Volume(self.volume.array == 0, self.volume.affine), np.uint8)
        return folder


def whole_vertebrae(seed: int, case: int, settings: PhantomSettings = SPINE) -> WholeVertebrae:
    """Draw the vertebrae of a phantom with their posterior elements, also those that the grid cuts off."""
    plan = plan_case(seed, case, settings)
    shown = [body for body in plan.bodies if not body.sacral]
    drawn = np.zeros(plan.grid.shape, dtype=np.uint16)
    for number, body in enumerate(shown, start=1):
        box, depth = union_depth(
            plan.grid, [in_field(body, rod) for rod in posterior_elements(body, settings.posterior)]
        )
        drawn[box][depth > 0] = number
    for number, body in enumerate(shown, start=1):
        _draw_body(drawn, plan.grid, body, number)
    visible = {number: body.level for number, body in enumerate(shown, start=1) if (drawn == number).any()}
    table = np.zeros(len(shown) + 1, dtype=np.uint16)
    table[list(visible)] = range(1, len(visible) + 1)
    return WholeVertebrae(plan, Volume(table[drawn], plan.affine), dict(enumerate(visible.values(), start=1)))


def _draw_body(drawn: Labels, grid: Grid, body: Body, number: int) -> None:
    box = body_box(grid, body)
    u, v, w = grid.local(box, body.origin, body.frame)
    if u.size:
        depth = smooth_minimum(wall_depth(body.shape, u, v, w), endplate_depth(body.shape, u, v, w), 1.0)
        drawn[box][depth > 0] = number
