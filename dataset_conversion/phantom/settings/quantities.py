"""Types of the numbers in the settings, each with its limits."""

from typing import Annotated

from pydantic import Field

Positive = Annotated[float, Field(gt=0)]

NonNegative = Annotated[float, Field(ge=0)]

Share = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole, or a probability."""

PositiveShare = Annotated[float, Field(gt=0, le=1)]

Density = Annotated[float, Field(ge=-1024, le=3071)]
"""Hounsfield units that a scan can store in twelve bits."""

Offset = tuple[float, float, float]
"""A displacement (x, y, z) in LPS, in mm unless a comment says otherwise."""

Ends = tuple[float, float]
"""Values at the two ends of a rod."""
