"""The settings of naming vertebrae."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dataset_conversion.spine.settings import settings

Share = Annotated[float, Field(gt=0, lt=0.5)]
Millimetres = Annotated[float, Field(gt=0)]


@settings
class NamingSettings:
    """How the levels of a chain of vertebrae are inferred.

    Attributes:
        name_threshold: Least probability at which a vertebra is named. Below it, the vertebra is unnamed. The default
            was chosen on the derivation half of VID: see `name_threshold` in the tables.
        any_field_of_view: Let a scan begin and end at any level with the same probability. By default, the shares of
            the tables are used, in which half of the scans end at L5.
        missed_share: Probability that a vertebra within the chain has no centre.
        false_share: Probability that a centre is not that of a vertebra.
        false_extent: Side in mm of the cube in which a false centre can lie anywhere.
        largest_edits: Largest number of missed vertebrae and false centres that are assumed together.
        spacing_limits: Least and largest plausible median distance in mm between successive centres.
    """

    name_threshold: Annotated[float, Field(gt=0, le=1)] = 0.9
    any_field_of_view: bool = False
    missed_share: Share = 0.01
    false_share: Share = 0.02
    false_extent: Millimetres = 100.0
    largest_edits: Annotated[int, Field(ge=0)] = 8
    spacing_limits: tuple[Millimetres, Millimetres] = (8.0, 80.0)
