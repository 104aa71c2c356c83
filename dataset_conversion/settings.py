"""Everything about a conversion that can be chosen."""

from dataclasses import dataclass, field

from dataset_conversion.checks import SpacingLimits
from dataset_conversion.placement import EllipsoidSettings
from dataset_conversion.splits import DEFAULT_SEED
from dataset_conversion.volume import HounsfieldRange


@dataclass(frozen=True)
class ConversionSettings:
    """Settings of a conversion, saved with the dataset.

    Attributes:
        fracture_grade: lowest Genant grade that is labelled as a fracture.
        folds: cross-validation folds.
        inner_folds: parts of a fold's training patients, of which one steers the training.
        split_seed: another one gives other folds.
        ellipsoids: shape of the labels.
        spacing: distances between centroids that raise no warning.
        hounsfield: values that a CT can have.
    """

    fracture_grade: int = 1
    folds: int = 5
    inner_folds: int = 7
    split_seed: int = DEFAULT_SEED
    ellipsoids: EllipsoidSettings = field(default_factory=EllipsoidSettings)
    spacing: SpacingLimits = field(default_factory=SpacingLimits)
    hounsfield: HounsfieldRange = field(default_factory=HounsfieldRange)
