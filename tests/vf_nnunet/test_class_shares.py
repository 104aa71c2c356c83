"""The classes of a batch's segments."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.class_shares import class_shares, classes_in_turn
from vf_nnunet.training_settings import TrainingSettings

shares_of_classes = st.lists(st.floats(0.05, 20), min_size=1, max_size=5)
phases = st.floats(0, 1, exclude_max=True)


def test_shares_go_by_the_labels_names() -> None:
    settings = TrainingSettings(background_share=0.5, fracture_share=3.0)
    labels = {"background": 0, "fracture": 1, "disc": 2, "normal": 3}
    assert class_shares(settings, labels) == {0: 0.5, 1: 3.0, 2: 1.0, 3: 1.0}


@given(st.integers(1, 5), st.sampled_from([1.0, 0.5, 3.0]), st.integers(1, 30), st.integers(0, 4), phases)
def test_equal_shares_give_the_classes_in_turn(
    classes: int, share: float, batch_size: int, first: int, phase: float
) -> None:
    wanted = [(first + segment) % classes for segment in range(batch_size)]
    assert classes_in_turn([share] * classes, batch_size, first, phase) == wanted


@given(shares_of_classes, st.integers(1, 8), phases)
def test_a_batch_of_whole_turns_is_within_one_of_its_shares(shares: list[float], rounds: int, phase: float) -> None:
    batch_size = rounds * len(shares)
    counts = Counter(classes_in_turn(shares, batch_size, 0, phase))
    for place, share in enumerate(shares):
        assert abs(counts[place] - batch_size * share / sum(shares)) < 1 + 1e-6


@pytest.mark.parametrize("batch_size", [3, 5, 10, 24])
@pytest.mark.parametrize("shares", [[1.0, 1.0, 1.0], [0.2, 1.0, 3.0], [1.0, 8.0, 1.0]])
def test_shares_are_met_on_average(shares: list[float], batch_size: int) -> None:
    counts: Counter[int] = Counter()
    for phase in np.linspace(0, 1, 200, endpoint=False):
        for first in range(3):
            counts.update(classes_in_turn(shares, batch_size, first, phase))
    found = [counts[place] / counts.total() for place in range(3)]
    assert found == pytest.approx([share / sum(shares) for share in shares], abs=0.01)
