"""Distributions and their limits."""

from typing import Any

import numpy as np
import pytest

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeNormal,
    NonNegativeRange,
    Normal,
    PositiveNormal,
    PositiveRange,
    Range,
    ShareRange,
)
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.settings import settings


def test_values_stay_inside_and_spread() -> None:
    rng = np.random.default_rng(0)
    values = [Normal(100.0, 38.0, 30.0, 210.0).draw(rng) for _ in range(2000)]
    assert min(values) >= 30
    assert max(values) <= 210
    assert np.mean(values) == pytest.approx(103, abs=4)
    assert np.std(values) == pytest.approx(35, abs=4)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((0.0, 1.0, 1.0, 2.0), r"mean is 0\.0; expected a value from 1\.0 \(low\) to 2\.0 \(high\)"),
        ((3.0, 1.0, 1.0, 2.0), r"mean is 3\.0; expected a value from 1\.0 \(low\) to 2\.0 \(high\)"),
        ((1.0, -1.0, 0.0, 2.0), r"sd is -1\.0; expected greater than or equal to 0"),
    ],
)
def test_a_distribution_that_cannot_be_drawn_from_is_refused(
    arguments: tuple[float, float, float, float], problem: str
) -> None:
    with pytest.raises(InputError, match=f"^{problem}$"):
        Normal(*arguments)


@settings
class Drawn:
    """A distribution of each kind."""

    size: PositiveNormal = Normal(2.0, 1.0, 1.0, 3.0)
    amplitude: NonNegativeNormal = Normal(1.0, 1.0, 0.0, 2.0)
    shift: Range = (-1.0, 1.0)
    radius: PositiveRange = (1.0, 1.0)
    noise: NonNegativeRange = (0.0, 1.0)
    share: ShareRange = (0.0, 1.0)
    density: DensityRange = (-1024.0, 3071.0)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"size": Normal(0.5, 1.0, 0.0, 3.0)}, r"size is Normal\(.*low=0.0.*\); expected a low greater than 0"),
        ({"amplitude": Normal(0.5, 1.0, -0.1, 3.0)}, r"amplitude is Normal\(.*\); expected a low of 0 or more"),
        ({"shift": (1.0, -1.0)}, r"shift is \(1\.0, -1\.0\); expected the low end before the high end"),
        ({"radius": (0.0, 1.0)}, r"radius\.0 is 0\.0; expected greater than 0"),
        ({"noise": (-1.0, 1.0)}, r"noise\.0 is -1\.0; expected greater than or equal to 0"),
        ({"share": (0.5, 1.5)}, r"share\.1 is 1\.5; expected less than or equal to 1"),
        ({"density": (0.0, 4000.0)}, r"density\.1 is 4000\.0; expected less than or equal to 3071"),
    ],
)
def test_every_kind_of_distribution_keeps_its_limits(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=f"^{problem}$"):
        Drawn(**values)
