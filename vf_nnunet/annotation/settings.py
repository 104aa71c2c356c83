"""Settings of the annotation in the browser."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dataset_conversion.spine.settings import settings


@settings
class Window:
    """Range of Hounsfield units that is drawn from black to white.

    Attributes:
        name: What the page calls it.
        low: Black.
        high: White.
    """

    name: str
    low: float
    high: float

    @model_validator(mode="after")
    def _is_range(self) -> "Window":
        if self.low >= self.high:
            raise ValueError(f"window {self.name} from {self.low:g} to {self.high:g}; expected a higher end")
        return self


@settings
class AnnotationSettings:
    """What the page shows and how the server keeps CTs.

    Attributes:
        windows: Windows that a key cycles through; the first one is shown first.
        slab: Thickness in mm of the slices that are shown first; 0 for a single slice.
        thickest_slab: Largest thickness in mm.
        slab_step: Change of the thickness in mm by a key.
        projection: What a slab shows first: the mean or the brightest of its voxels.
        first_level: Level of the first vertebra of a case, until the reader chooses another one.
        longest_pause: Longest pause in seconds that counts as reading. The pauses of a reader who goes away are longer.
        same_body: A click or a proposal nearer than this to a mark, in mm, is of the same vertebra. The lowest bodies
            are 11 mm high.
        cached_megabytes: CTs up to this size together stay in memory after they were read.
        ahead_megabytes: The next case is read ahead if the current one is not larger.
    """

    windows: tuple[Window, ...] = (
        Window("bone", -250.0, 1250.0),
        Window("spine", -100.0, 700.0),
        Window("soft tissue", -160.0, 240.0),
        Window("wide", -1000.0, 2000.0),
    )
    slab: Annotated[float, Field(ge=0, le=100)] = 0.0
    thickest_slab: Annotated[float, Field(gt=0, le=100)] = 40.0
    slab_step: Annotated[float, Field(gt=0)] = 2.0
    projection: Literal["mean", "brightest"] = "mean"
    first_level: str = "L5"
    longest_pause: Annotated[float, Field(gt=0)] = 60.0
    same_body: Annotated[float, Field(gt=0)] = 10.0
    cached_megabytes: Annotated[int, Field(ge=0)] = 1000
    ahead_megabytes: Annotated[int, Field(ge=0)] = 300
