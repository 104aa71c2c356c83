"""What the masks of vertebrae, and a reader's grades, say about a CT."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dataset_conversion.checks.grading import join_grades
from dataset_conversion.checks.problems import messages
from dataset_conversion.label_maps.bodies import find_bodies
from dataset_conversion.label_maps.vertebra_masks import VertebraMasks, read_vertebra_masks
from dataset_conversion.readers.interface import Gradings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, Geometry, ImageHeader, is_inside
from dataset_conversion.spine.levels import are_neighbours
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture
from evaluation.statistics.roc import BoolArray

SECTIONS = "TL"
"""First letters of the levels that are counted: T1 to L5, and T13 and L6 where a spine has them."""
BODY = 2
"""Mark of a voxel of a vertebral body; one of the rest of a vertebra has 1."""


@dataclass(frozen=True)
class KnownBody:
    """A thoracic or lumbar body that the CT shows wholly.

    Attributes:
        level: Its name.
        centre: (x, y, z), LPS mm.
        is_fracture: Whether it is fractured; None if it is not graded.
    """

    level: str
    centre: tuple[float, float, float]
    is_fracture: bool | None


@dataclass(frozen=True, eq=False)
class KnownVertebrae(Geometry):
    """The vertebrae of a CT.

    Attributes:
        bodies: The thoracic and lumbar bodies that the CT shows wholly, from the top down.
        centres: (n, 3), LPS mm, of all bodies that it shows wholly: the cervical ones, then `bodies`.
        marks: (z, y, x), `BODY` in bodies, also in cut ones, 1 in the rest of the vertebrae, and 0 elsewhere.
        affine: Voxel index (x, y, z) of the marks to LPS mm, 4x4.
        warnings: What a reader should know about the masks.
    """

    bodies: tuple[KnownBody, ...]
    centres: FloatArray
    marks: npt.NDArray[np.uint8]
    affine: FloatArray
    warnings: tuple[str, ...]

    @property
    def discs(self) -> list[tuple[KnownBody, KnownBody]]:
        """The bodies above and below each disc between two that are wholly visible."""
        return [(upper, lower) for upper, lower in pairwise(self.bodies) if are_neighbours(upper.level, lower.level)]

    def in_body(self, points: FloatArray) -> BoolArray:
        """Whether each of the LPS mm points (n, 3) lies in a vertebral body."""
        return np.asarray(self._marks_at(points) == BODY)

    def in_vertebra(self, points: FloatArray) -> BoolArray:
        """Whether each of the LPS mm points (n, 3) lies in a vertebra."""
        return np.asarray(self._marks_at(points) > 0)

    def beyond(self, points: FloatArray) -> BoolArray:
        """Whether each of the LPS mm points (n, 3) lies above or below all marks."""
        occupied = np.flatnonzero(self.marks.any(axis=(1, 2)))
        rows = self.world_to_index(points)[:, 0]
        return np.asarray((rows < occupied[0] - 0.5) | (rows > occupied[-1] + 0.5))

    def _marks_at(self, points: FloatArray) -> npt.NDArray[np.uint8]:
        index = self.world_to_index(points)
        inside = is_inside(self.marks.shape, index)
        found = np.zeros(len(index), np.uint8)
        nearest = np.clip(np.rint(index[inside]).astype(int), 0, np.array(self.marks.shape) - 1)
        found[inside] = self.marks[tuple(nearest.T)]
        return found


def known_vertebrae(
    case: str, image: ImageHeader, source: Path, numbering: str | None = None, gradings: Gradings | None = None
) -> KnownVertebrae:
    """Read the masks of a CT.

    Args:
        case: Case id.
        image: Header of the CT.
        source: Its label map, or its folder of single vertebrae.
        numbering: Name of the numbering, or None to recognise it.
        gradings: A reader's grades; None takes every vertebra as normal.

    Raises:
        InputError: If masks cannot be read, lie on another grid than the CT, or show no thoracic or lumbar body wholly;
            or a graded level has no mask.
    """
    masks = read_vertebra_masks(source, numbering)
    masks.check_grid(image.path, image.shape, image.affine)
    found = find_bodies(masks)
    rows = [Vertebra(case, case, level, *centre) for level, centre in found.centres.items()]
    counted = {level: centre for level, centre in found.centres.items() if level[0] in SECTIONS}
    if not counted:
        problem = f"{', '.join(masks.levels.values())}, none of them a whole thoracic or lumbar body"
        raise InputError(f"{source}: {problem}; expected masks that show one")
    is_fractured, warnings = _fractures(rows, gradings, {(case, level) for level in found.left_out})
    return KnownVertebrae(
        tuple(KnownBody(level, centre, is_fractured[level]) for level, centre in counted.items()),
        np.array(list(found.centres.values())),
        _marks(masks, list(found.voxels.values())),
        masks.affine,
        (*masks.warnings, *warnings),
    )


def _fractures(
    rows: Sequence[Vertebra], gradings: Gradings | None, left_out: set[tuple[str, str]]
) -> tuple[dict[str, bool | None], list[str]]:
    """Whether each level is fractured, and warnings."""
    if gradings is None:
        return {row.vertebra: False for row in rows}, []
    graded, problems = join_grades(rows, gradings, left_out)
    errors = messages(problems, "error")
    if errors:
        raise InputError(errors)
    warnings = list(messages(problems, "warning"))
    if all(row.grade is None for row in graded):
        case = rows[0].case_id
        warnings.append(f"case {case}: no vertebra is graded, so none counts as normal or as fractured")
    return {row.vertebra: is_fracture(row.grade) for row in graded}, warnings


def _marks(masks: VertebraMasks, bodies: Sequence[npt.NDArray[np.integer]]) -> npt.NDArray[np.uint8]:
    marks = (masks.array > 0).astype(np.uint8)
    for indices in bodies:
        marks[tuple(indices.T)] = BODY
    return marks
