"""The numbers of the measurement."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.spine.settings import settings


@settings
class TransferSettings:
    """What counts as found and as marked.

    Attributes:
        found_within: Largest distance in mm from the centre of a body to a located vertebra that finds it. Neighbours
            are at least 13 mm apart.
        disc_side: Side in mm of the cube at the middle between two bodies in which a disc is scored. Thoracic discs are
            4 to 6 mm high, so the cube of the vertebra score would hold endplates.
        marked: Probability of a vertebra from which on a disc is marked as one.
    """

    found_within: Annotated[float, Field(gt=0)] = 10.0
    disc_side: Annotated[int, Field(ge=1)] = 4
    marked: Annotated[float, Field(gt=0, lt=1)] = 0.5


DEFAULT_SETTINGS = TransferSettings()
