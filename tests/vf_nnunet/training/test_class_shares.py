"""The classes of a batch's segments."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.training.class_shares import class_shares, systematic_sample
from vf_nnunet.training.settings import TrainingSettings

shares_of_classes = st.lists(st.floats(0.05, 20), min_size=1, max_size=5)
offsets = st.floats(0, 1, exclude_max=True)


def test_shares_go_by_the_labels_names() -> None:
    settings = TrainingSettings(background_share=0.5, fracture_share=3.0)
    labels = {"background": 0, "fracture": 1, "disc": 2, "normal": 3}
    assert class_shares(settings, labels) == {0: 0.5, 1: 3.0, 2: 1.0, 3: 1.0}


@given(shares_of_classes, st.integers(1, 30), offsets)
def test_a_batch_is_within_one_segment_of_its_shares(shares: list[float], batch_size: int, offset: float) -> None:
    counts = Counter(systematic_sample(shares, batch_size, offset))
    assert counts.total() == batch_size
    for place, share in enumerate(shares):
        assert abs(counts[place] - batch_size * share / sum(shares)) < 1 + 1e-6


@pytest.mark.parametrize("batch_size", [1, 3, 5, 24])
@pytest.mark.parametrize("shares", [[1.0, 1.0, 1.0], [0.2, 1.0, 3.0], [1.0, 8.0, 1.0]])
def test_shares_are_met_on_average(shares: list[float], batch_size: int) -> None:
    counts: Counter[int] = Counter()
    for offset in np.linspace(0, 1, 300, endpoint=False):
        counts.update(systematic_sample(shares, batch_size, offset))
    found = [counts[place] / counts.total() for place in range(3)]
    assert found == pytest.approx([share / sum(shares) for share in shares], abs=0.01)
