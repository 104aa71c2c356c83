"""Settings of a conversion."""

from dataclasses import field
from typing import Annotated

from pydantic import Field

from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.dataset.splits import SplitSettings
from dataset_conversion.labels.placement import EllipsoidSettings
from dataset_conversion.spine.bone.hounsfield import HounsfieldRange
from dataset_conversion.spine.labels import Classes, LabelClasses
from dataset_conversion.spine.settings import settings


@settings
class ConversionSettings:
    """Settings of a conversion, saved with the dataset.

    Attributes:
        fracture_grade: Lowest Genant grade that counts as a fracture.
        classes: What vertebrae are divided into: "fracture" for normal and fracture (paper), "grades" for normal, mild,
            moderate and severe.
        ellipsoids: Shape of the labels.
        splits: Cross-validation folds.
        spacing: Plausible distances between neighbouring centroids; others raise a warning.
        hounsfield: Values that a CT can have.
    """

    fracture_grade: Annotated[int, Field(ge=1, le=3)] = 1
    classes: Classes = "fracture"
    ellipsoids: EllipsoidSettings = field(default_factory=EllipsoidSettings)
    splits: SplitSettings = field(default_factory=SplitSettings)
    spacing: SpacingLimits = field(default_factory=SpacingLimits)
    hounsfield: HounsfieldRange = field(default_factory=HounsfieldRange)

    @property
    def label_classes(self) -> LabelClasses:
        """The classes of the labels."""
        return LabelClasses.standard(self.classes, self.fracture_grade)
