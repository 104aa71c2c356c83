"""What every annotation format offers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra

Point = tuple[float, float, float]
"""(x, y, z) in LPS mm."""


def point_at(index: Sequence[float], image: ImageHeader) -> Point:
    """LPS mm of a voxel index in order (x, y, z) along the stored axes."""
    x, y, z = image.index_to_world(index[::-1])[0]
    return float(x), float(y), float(z)


@dataclass(frozen=True)
class Annotations:
    """What a source of annotations holds.

    Attributes:
        cases: Every case that it names, also those without an image.
        vertebrae: The vertebrae of the cases that have an image, in LPS mm.
        unnamed: By case id, centroids whose level the format does not give; the grades name them.
    """

    cases: frozenset[str]
    vertebrae: tuple[Vertebra, ...]
    unnamed: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class AnnotationFormat:
    """One way in which centroids are written down.

    Attributes:
        name: For `--format`.
        matches: Whether a file or folder looks like this format.
        read: All annotations of a file or folder, given the header of each image by case id; raises InputError
            with all problems.
        rivals: Names of the formats that no content tells from this one.
    """

    name: str
    matches: Callable[[Path], bool]
    read: Callable[[Path, Mapping[str, ImageHeader]], Annotations]
    rivals: tuple[str, ...] = ()
