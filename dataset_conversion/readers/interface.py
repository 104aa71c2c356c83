"""What every format of centroids and of grades offers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra

Point = tuple[float, float, float]
"""(x, y, z) in LPS mm."""


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
        left_out: A sentence for each point that is in the source but is not used.
        left_out_levels: Case and level of vertebrae that are left out because no centroid can be given for them, such
            as those that the image cuts off. Their grades are left out too.
        warnings: Things that a person should know about the source, one sentence each.
        points: Number of points in the files that were read, used or not.
    """

    cases: frozenset[str]
    vertebrae: tuple[Vertebra, ...]
    unnamed: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    rivals: Mapping[str, "Annotations"] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    left_out_levels: frozenset[tuple[str, str]] = frozenset()
    warnings: tuple[str, ...] = ()
    points: int = 0


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
    """

    name: str
    matches: Callable[[Path], bool]
    read: Callable[[Path, Mapping[str, ImageHeader]], Annotations]
    rivals: tuple[str, ...] = ()
    is_fallback: bool = False


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
