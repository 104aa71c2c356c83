"""Bones beside the spine: what they are made of, and how they vary. Lengths are in mm, angles in degrees.

A bone is described once, on the left side (x to the left, y back, z up); the right one is its mirror image. Its points
are anatomical landmarks of a mean adult, rounded; none is measured on a single patient.
"""

from typing import Annotated

from pydantic import Field

from dataset_conversion.phantom.settings.distributions import PositiveNormal
from dataset_conversion.phantom.settings.quantities import NonNegative, Offset, Positive
from dataset_conversion.spine.settings import settings

Sizes = tuple[Positive, Positive]
"""Two half sizes of a section."""

Thick = tuple[float, float, float, Positive]
"""A point (x, y, z), and half the thickness there."""


@settings
class Part:
    """A part of a bone: a beam with round ends and an elliptic section.

    Attributes:
        start: One end.
        end: The other end.
        sizes: The half sizes of the section at the start. The first is measured along `across`.
        end_sizes: The same at the end; None: as at the start.
        across: A direction that is not along the beam.
    """

    start: Offset
    end: Offset
    sizes: Sizes
    end_sizes: Sizes | None = None
    across: Offset = (0.0, 0.0, 1.0)


@settings
class Sheet:
    """A thin curved plate of a bone, by points of its outline in order and points inside it."""

    rim: Annotated[tuple[Thick, ...], Field(min_length=3)]
    inner: tuple[Thick, ...] = ()


@settings
class BoneShape:
    """A bone.

    Attributes:
        parts: Its beams.
        sheet: Its plate, if it has one.
        cavities: What is cut out of it.
        rounding: Distance over which its parts are blended.
        cortical_thickness: Thickness of its shell.
    """

    parts: tuple[Part, ...]
    sheet: Sheet | None = None
    cavities: tuple[Part, ...] = ()
    rounding: Positive = 5.0
    cortical_thickness: Positive = 1.2


@settings
class BoneVariation:
    """How the bones of a patient differ from those of the mean adult.

    Attributes:
        size: Size relative to the mean.
        stretch: Standard deviation of the strain and shear of the whole, in each direction.
        thickness: Thickness of all parts relative to the mean.
        shift: Standard deviation of the difference between left and right at their place.
    """

    size: PositiveNormal
    stretch: NonNegative
    thickness: PositiveNormal
    shift: NonNegative
