"""What every annotation format offers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.geometry import ImageHeader
from dataset_conversion.vertebra_table import Vertebra


@dataclass(frozen=True)
class Annotations:
    """What a source of annotations holds.

    Attributes:
        cases: every case that it names, also those without an image.
        vertebrae: the vertebrae of the cases that have an image, in LPS mm.
    """

    cases: frozenset[str]
    vertebrae: tuple[Vertebra, ...]


@dataclass(frozen=True)
class AnnotationFormat:
    """One way in which centroids are written down.

    Attributes:
        name: for ``--format``.
        matches: whether a file or folder holds this format.
        read: all annotations of a file or folder, given the header of each image by case id; raises ConversionError
            with all findings.
    """

    name: str
    matches: Callable[[Path], bool]
    read: Callable[[Path, Mapping[str, ImageHeader]], Annotations]
