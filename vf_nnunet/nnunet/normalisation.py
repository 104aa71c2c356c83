"""How intensities are normalised: the schemes of nnU-Net that the plans name, and the numbers that belong to them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataset_conversion.spine.bone.hounsfield import AIR
from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import Normalisation

SCHEMES = "normalization_schemes"
"""Entry of a configuration in nnU-Net's plans: the name of each channel's scheme."""
STATISTICS = "foreground_intensity_properties_per_channel"
"""Entry of nnU-Net's plans and fingerprint: the numbers of each channel, of which `CTNormalization` uses four."""
Z_SCORE = "ZScoreNormalization"
"""nnU-Net's scheme that subtracts the mean of the image and divides by its standard deviation."""
CLIPPED = "CTNormalization"
"""nnU-Net's scheme that clips to two limits, subtracts a number and divides by another, the same for every image."""
LEAST_DEVIATION = 1e-8
"""nnU-Net's smallest divisor."""
CT_CHANNEL = "CT"


@dataclass(frozen=True)
class IntensityScale:
    """From Hounsfield units to the intensities that the network reads: clipped, less the mean, by the deviation.

    Attributes:
        mean: HU that become 0.
        deviation: HU per unit.
        lowest: HU to which lower ones are raised.
        highest: HU to which higher ones are lowered.
    """

    mean: float
    deviation: float
    lowest: float = -math.inf
    highest: float = math.inf

    def intensity(self, hounsfield: float) -> float:
        """The intensity of Hounsfield units, which need not lie within the limits."""
        return (hounsfield - self.mean) / self.deviation

    @property
    def keeps_hounsfield_units(self) -> bool:
        """Whether the limits leave all that a CT usually has, so that its HU can be computed from the intensities."""
        return self.lowest <= WINDOW_SCALE.lowest and self.highest >= WINDOW_SCALE.highest

    @property
    def raises_to_air(self) -> bool:
        """Whether values below air, such as padding, count as air at the darkest."""
        return self.lowest >= AIR

    def to_statistics(self) -> dict[str, float]:
        """The four numbers under nnU-Net's names."""
        return {
            "mean": self.mean,
            "percentile_00_5": self.lowest,
            "percentile_99_5": self.highest,
            "std": self.deviation,
        }

    @classmethod
    def from_statistics(cls, statistics: Any, source: str) -> "IntensityScale":
        """Read the four numbers of a channel.

        Args:
            statistics: As `to_statistics` returns them; further ones are not used.
            source: File or folder, for the message.

        Raises:
            InputError: If a number is missing or impossible.
        """
        names = ("mean", "std", "percentile_00_5", "percentile_99_5")
        numbers = [statistics.get(name) if isinstance(statistics, Mapping) else None for name in names]
        if all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
            mean, deviation, lowest, highest = (float(number) for number in numbers if number is not None)
            if deviation >= 0 and lowest < highest:
                return cls(mean, max(deviation, LEAST_DEVIATION), lowest, highest)
        raise InputError(
            f"{source}: {CLIPPED} with {dict(zip(names, numbers, strict=True))}; expected four numbers, std at least 0 "
            "and percentile_00_5 below percentile_99_5"
        )


WINDOW_SCALE = IntensityScale(0.0, 400.0, float(AIR), 3071.0)
"""The range of a CT of 12 bits: padding below air counts as air, and the metal of scanners with a wider range as the
brightest metal of the others. 0 is water; 400 HU are about the standard deviation of a CT of the trunk, so that the
augmentation's shifts and scales are about those of a z-score."""


@dataclass(frozen=True)
class PlannedIntensities:
    """The normalisation as the plans state it.

    Attributes:
        schemes: Name of each channel's scheme.
        statistics: Numbers of each channel by its number.
    """

    schemes: list[str]
    statistics: dict[str, dict[str, float]]

    @property
    def scales(self) -> tuple[IntensityScale | None, ...]:
        """The scale of each channel; None for a z-score over the image."""
        return tuple(
            None if scheme == Z_SCORE else IntensityScale.from_statistics(self.statistics[str(channel)], "plans")
            for channel, scheme in enumerate(self.schemes)
        )


def plan_intensities(
    normalisation: Normalisation, channel_names: Mapping[str, str], statistics: Mapping[str, dict[str, float]]
) -> PlannedIntensities:
    """The entries of the plans for a normalisation.

    Among several channels, those that are not named "CT" have other units and are z-scored over the image.

    Args:
        normalisation: The setting.
        channel_names: As in `dataset.json`.
        statistics: Those of the labelled voxels, from the fingerprint; the window replaces them.
    """
    schemes, planned = [], dict(statistics)
    for channel in sorted(channel_names, key=int):
        is_ct = len(channel_names) == 1 or channel_names[channel].upper() == CT_CHANNEL
        fixed = normalisation is not Normalisation.IMAGE and is_ct
        schemes.append(CLIPPED if fixed else Z_SCORE)
        if fixed and normalisation is Normalisation.WINDOW:
            planned[channel] = WINDOW_SCALE.to_statistics()
    return PlannedIntensities(schemes, planned)


def describe_normalisation(entries: Mapping[str, Any]) -> str:
    """The setting of `--normalisation` that entries of the plans come from; with its numbers if they are a dataset's.

    Args:
        entries: As `preprocessing.plans_entries` returns them.
    """
    if CLIPPED not in (entries.get(SCHEMES) or ()):
        return f"--normalisation {Normalisation.IMAGE}"
    statistics = entries.get(STATISTICS) or {}
    window = WINDOW_SCALE.to_statistics()
    if all(numbers == window for numbers in statistics.values()):
        return f"--normalisation {Normalisation.WINDOW}"
    return f"--normalisation {Normalisation.FOREGROUND} {statistics}"


def used_statistics(plans: Mapping[str, Any], configuration: str) -> dict[str, dict[str, Any]]:
    """The numbers that the normalisation of a configuration uses, by channel; empty for z-scores over the image."""
    schemes: Sequence[str] = plans.get("configurations", {}).get(configuration, {}).get(SCHEMES) or []
    statistics = plans.get(STATISTICS) or {}
    names = WINDOW_SCALE.to_statistics()
    return {
        str(channel): {name: statistics.get(str(channel), {}).get(name) for name in names}
        for channel, scheme in enumerate(schemes)
        if scheme == CLIPPED
    }
