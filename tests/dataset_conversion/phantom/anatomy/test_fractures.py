"""What a fracture of a grade is like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.anatomy.fractures import draw_fracture
from dataset_conversion.phantom.settings.spine import FractureSettings

BANDS = {1: (0.20, 0.25), 2: (0.25, 0.40), 3: (0.40, 0.60)}


@given(st.integers(0, 10_000), st.sampled_from([1, 2, 3]))
def test_losses_lie_inside_the_grades_bands(seed: int, grade: int) -> None:
    fracture = draw_fracture(np.random.default_rng(seed), grade, FractureSettings())
    low, high = BANDS[grade]
    assert fracture.grade == grade
    assert low < fracture.loss < high


def test_shapes_come_in_the_shares_asked_for() -> None:
    rng = np.random.default_rng(0)
    shapes = [draw_fracture(rng, 2, FractureSettings()).shape for _ in range(800)]
    for shape, chance in FractureSettings().shape_chance:
        assert shapes.count(shape) / 800 == pytest.approx(chance, abs=0.05)
