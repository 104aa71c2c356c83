"""The numbers of the localisation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from dataset_conversion.spine.settings import settings

Millimetres = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]


@settings
class LocalisationSettings:
    """How vertebrae are found in the sum of the class maps.

    Attributes:
        smoothing: Standard deviation in mm of the Gaussian that smooths the map.
        grid: Spacing in mm to which the map is averaged before it is smoothed.
        least_height: Least smoothed probability of a peak.
        least_contrast: Least difference between a peak and the lowest value around it.
        contrast_radius: Distance in mm at which the lowest value around a peak is looked for.
        most_peaks: Largest number of peaks; the highest are kept.
        least_spacing: Least distance in mm between neighbouring centres.
        most_spacing: Largest distance in mm between neighbouring centres.
        most_tilt: Largest angle in degrees between the spine and the body's long axis.
        most_missed: Largest number of vertebrae that can be missing between two peaks.
        peak_cost: What a vertebra costs. A peak lower than this does not make a chain better.
        missed_cost: What an inserted vertebra costs.
        bending_weight: Cost of a bend, times 1 minus its cosine.
        ratio_weight: Cost of different spacings in succession, times the square of the logarithm of their ratio.
    """

    smoothing: Millimetres = 5.0
    grid: Millimetres = 2.0
    least_height: Annotated[float, Field(gt=0, lt=1)] = 0.05
    least_contrast: Annotated[float, Field(gt=0, lt=1)] = 0.03
    contrast_radius: Millimetres = 15.0
    most_peaks: Annotated[int, Field(ge=1)] = 300
    least_spacing: Millimetres = 14.0
    most_spacing: Millimetres = 48.0
    most_tilt: Annotated[float, Field(gt=0, lt=90)] = 75.0
    most_missed: Annotated[int, Field(ge=0)] = 2
    peak_cost: Weight = 0.05
    missed_cost: Weight = 0.25
    bending_weight: Weight = 1.0
    ratio_weight: Weight = 1.0

    @model_validator(mode="after")
    def _spacings_ascend(self) -> LocalisationSettings:
        if self.least_spacing >= self.most_spacing:
            raise ValueError(f"least_spacing is {self.least_spacing}; expected less than {self.most_spacing}")
        return self


DEFAULT_SETTINGS = LocalisationSettings()
