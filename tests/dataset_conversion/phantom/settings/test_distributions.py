"""The truncated normal distribution."""

import numpy as np
import pytest

from dataset_conversion.phantom.settings.distributions import Normal


def test_values_stay_inside_and_spread() -> None:
    rng = np.random.default_rng(0)
    values = [Normal(100.0, 38.0, 30.0, 210.0).draw(rng) for _ in range(2000)]
    assert min(values) >= 30
    assert max(values) <= 210
    assert np.mean(values) == pytest.approx(103, abs=4)
    assert np.std(values) == pytest.approx(35, abs=4)


@pytest.mark.parametrize("arguments", [(0.0, 1.0, 1.0, 2.0), (3.0, 1.0, 1.0, 2.0), (1.0, -1.0, 0.0, 2.0)])
def test_a_distribution_that_cannot_be_drawn_is_refused(arguments: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"low <= mean <= high and sd >= 0, found Normal\("):
        Normal(*arguments)
