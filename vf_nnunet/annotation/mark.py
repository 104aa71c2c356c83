"""What a reader says about one vertebra, as the page sends it and the table keeps it."""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from dataset_conversion.spine.genant import SHAPES
from dataset_conversion.spine.levels import LEVELS
from dataset_conversion.spine.settings import settings

FARTHEST = 1e5
"""Largest coordinate in mm that is accepted. No scanner's table is as long."""


@settings
class Mark:
    """One vertebra of one reader.

    Attributes:
        vertebra: Level, one of `levels.LEVELS`.
        x: Left coordinate of the centre of the vertebral body, in LPS mm.
        y: Posterior coordinate.
        z: Superior coordinate.
        grade: Genant 0 to 3; None where the reader has not said it, or cannot.
        gradable: False where the reader says that it cannot be graded, because of cement, metal or artefacts.
        shape: Wedge, biconcave or crush; only of a fracture, or of a vertebra that is not graded yet.
        seconds: Time that the reader spent on it.
    """

    vertebra: str
    x: Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
    y: Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
    z: Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
    grade: Annotated[int | None, Field(ge=0, le=3)] = None
    gradable: bool = True
    shape: str | None = None
    seconds: Annotated[float, Field(ge=0)] = 0.0

    @field_validator("vertebra")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level not in LEVELS:
            raise ValueError("C1..C7, T1..T13, L1..L6, S1 or S2")
        return level

    @field_validator("shape")
    @classmethod
    def _known_shape(cls, shape: str | None) -> str | None:
        if shape is not None and shape not in SHAPES:
            raise ValueError(f"{', '.join(SHAPES)} or none")
        return shape

    @model_validator(mode="after")
    def _grade_fits(self) -> Self:
        if not self.gradable and self.grade is not None:
            raise ValueError(f"{self.vertebra} with grade {self.grade} and not gradable; expected one of them")
        if self.shape is not None and (self.grade == 0 or not self.gradable):
            raise ValueError(f"{self.vertebra} with shape {self.shape} and no fracture; expected a grade of 1 to 3")
        return self

    @property
    def is_stated(self) -> bool:
        """Whether the reader has said a grade, or that there is none to say."""
        return self.grade is not None or not self.gradable
