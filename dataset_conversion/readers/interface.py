"""What every format of centroids and of grades offers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra, by_case

Point = tuple[float, float, float]
"""(x, y, z) in LPS mm."""
Part = TypeVar("Part")


def point_at(index: Sequence[float], image: ImageHeader) -> Point:
    """World point (LPS mm) of a voxel index in order (x, y, z) along the stored axes."""
    x, y, z = image.index_to_world(index[::-1])[0]
    return float(x), float(y), float(z)


@dataclass(frozen=True)
class Annotations:
    """The contents of a source of centroids.

    Attributes:
        cases: Every case that the source names, also those without an image.
        vertebrae: The vertebrae of the cases that have an image, in LPS mm.
        unnamed: By case id, centroids whose level the format does not give. The grades name them.
        rivals: The same source read in each format that looks the same, by the format's name.
        left_out_by_case: By case id, a sentence for each point that is in the source but is not used.
        left_out_levels: Case and level of vertebrae that are left out because no centroid can be given for them, such
            as those that the image cuts off. Their grades are left out too.
        warnings_by_case: By case id, things that a person should know about the source, one sentence each.
        points: Number of points in the files that were read, used or not.
    """

    cases: frozenset[str]
    vertebrae: tuple[Vertebra, ...]
    unnamed: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    rivals: Mapping[str, "Annotations"] = field(default_factory=dict)
    left_out_by_case: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out_levels: frozenset[tuple[str, str]] = frozenset()
    warnings_by_case: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    points: int = 0

    @property
    def left_out(self) -> tuple[str, ...]:
        """The sentences about the points of all cases that are not used."""
        return tuple(chain.from_iterable(self.left_out_by_case.values()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings about all cases."""
        return tuple(chain.from_iterable(self.warnings_by_case.values()))

    def split(self, case_ids: Iterable[str]) -> dict[str, "Annotations"]:
        """The contents that belong to each of some cases, by case id; empty ones for a case that is not in the source.

        Args:
            case_ids: The cases.
        """
        case_ids = list(case_ids)
        vertebrae = by_case(self.vertebrae)
        rivals = {name: rival.split(case_ids) for name, rival in self.rivals.items()}
        return {
            case_id: Annotations(
                cases=self.cases & {case_id},
                vertebrae=tuple(vertebrae.get(case_id, ())),
                unnamed=_only(self.unnamed, case_id),
                rivals={name: parts[case_id] for name, parts in rivals.items()},
                left_out_by_case=_only(self.left_out_by_case, case_id),
                left_out_levels=frozenset(pair for pair in self.left_out_levels if pair[0] == case_id),
                warnings_by_case=_only(self.warnings_by_case, case_id),
                points=sum(len(part.get(case_id, ())) for part in (vertebrae, self.unnamed, self.left_out_by_case)),
            )
            for case_id in case_ids
        }


def _only(parts: Mapping[str, tuple[Part, ...]], case_id: str) -> dict[str, tuple[Part, ...]]:
    """The part of one case, if there is one."""
    return {case_id: parts[case_id]} if case_id in parts else {}


@dataclass(frozen=True)
class AnnotationFormat:
    """A format of centroids.

    Attributes:
        name: Its name for `--format`.
        matches: Whether a file or folder looks like this format.
        read: Reads all annotations of a file or folder, given the header of each image by case id; raises
            `InputError` with all problems.
        rivals: Names of the formats that cannot be told from this one by their content.
        is_fallback: Whether it is recognised only where no other format matches, because its files can lie beside those
            of other formats.
        on_voxels: Whether its places are relative to the voxels of the image, so that they mean nothing for another
            image of the same patient.
    """

    name: str
    matches: Callable[[Path], bool]
    read: Callable[[Path, Mapping[str, ImageHeader]], Annotations]
    rivals: tuple[str, ...] = ()
    is_fallback: bool = False
    on_voxels: bool = False


@dataclass(frozen=True)
class Grading:
    """A reader's judgement of one vertebra.

    Attributes:
        grade: Genant 0 to 3, or None where only the level is given.
        shape: Shape of a fracture: wedge, biconcave, crush, or None.
    """

    grade: int | None
    shape: str | None


Gradings = dict[str, dict[str, Grading]]
"""Grading by case id and level."""


@dataclass(frozen=True)
class GradeFormat:
    """A format of grades without centroids.

    Attributes:
        name: Its name in messages.
        matches: Whether a file or folder looks like this format.
        read: Reads all gradings; raises `InputError` with all problems.
    """

    name: str
    matches: Callable[[Path], bool]
    read: Callable[[Path], Gradings]
