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

    Sources: VID (ImFusion, CC BY-SA 4.0), 1,002 scans of real spines, those with an even SHA-256 hash of their name. Of
    their neighbours 99.8% are 15.1 to 45.1 mm apart, and 99.9% tilt by less than 52 degrees; the limits are wider. The
    first costs come from a random search on simulated peaks at these centres, with heights of the demo's folds 0 and 1
    and of one whole-body phantom. `missed_cost` and `spacing_deviation` were then set by hand, because a whole-body
    phantom got peaks on its discs and two missing neighbours were taken for one. The bends come from the half of VID's
    patients that the tables of names come from, without spines whose points zigzag (`benchmarks/bends.py`). A prototype
    on the demo's maps chose `smoothing`. The other numbers are round and were not tuned.

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
        even_height: Smoothed probability at which a peak is as likely to be false as true. The logarithm of a peak's
            height relative to it is what the peak adds to a chain.
        missed_cost: What a missed vertebra takes from a chain, in the same unit (nats). It is more than most
            peaks add, or peaks on some discs would make a chain of half the spacing. A lone peak beyond a gap is
            therefore not joined as a rule.
        sagittal_bend: Mean change of direction in degrees in the sagittal plane, to the back on the way down, from one
            pair of neighbours to the next. At the last centre but one of VID's spines it is 12, at the second one -1.
        sagittal_deviation: Standard deviation in degrees of that change. VID: 10 to 14 at these centres, about the mean
            of both, with an error of 1.5 mm per axis. It is larger, or the chain would lose an L5 behind a strong
            lordosis; of about twenty costs that were tried on the derivation half, this one lost few ends and added few
            false peaks.
        lateral_deviation: Standard deviation in degrees of the change of direction out of that plane. VID: 8 to 12 at
            these centres, likewise.
        spacing_deviation: Standard deviation of the logarithm of the ratio of successive spacings. VID: 0.09 for exact
            centres.
        most_joint_cost: Largest cost of a bend and a change of spacing together, in nats.
        least_score: Least score of a chain, in nats. A lone vertebra needs a smoothed probability of 0.22 for it.
    """

    smoothing: Millimetres = 5.0
    grid: Millimetres = 2.0
    least_height: Annotated[float, Field(gt=0, lt=1)] = 0.05
    least_contrast: Annotated[float, Field(gt=0, lt=1)] = 0.03
    contrast_radius: Millimetres = 15.0
    most_peaks: Annotated[int, Field(ge=1)] = 300
    least_spacing: Millimetres = 13.0
    most_spacing: Millimetres = 48.0
    most_tilt: Annotated[float, Field(gt=0, lt=90)] = 75.0
    most_missed: Annotated[int, Field(ge=0)] = 2
    even_height: Annotated[float, Field(gt=0, lt=1)] = 0.03
    missed_cost: Weight = 3.3
    sagittal_bend: Annotated[float, Field(ge=-90, le=90)] = 5.0
    sagittal_deviation: Annotated[float, Field(gt=0)] = 16.0
    lateral_deviation: Annotated[float, Field(gt=0)] = 12.0
    spacing_deviation: Annotated[float, Field(gt=0)] = 0.2
    most_joint_cost: Weight = 8.0
    least_score: Weight = 2.0

    @model_validator(mode="after")
    def _spacings_ascend(self) -> LocalisationSettings:
        if self.least_spacing >= self.most_spacing:
            raise ValueError(f"least_spacing is {self.least_spacing}; expected less than {self.most_spacing}")
        return self


DEFAULT_SETTINGS = LocalisationSettings()
