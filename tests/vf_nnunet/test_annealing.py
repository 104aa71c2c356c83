"""The learning rate halves on plateaus."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.annealing import annealed_learning_rate, is_best

metrics = st.lists(st.floats(0, 1, allow_nan=False), max_size=40)


def test_halves_after_each_plateau() -> None:
    history = [0.1, 0.2, 0.2, 0.2, 0.1, 0.1, 0.3]
    rates = [annealed_learning_rate(1.0, history[:epoch], patience=2) for epoch in range(len(history) + 1)]
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]


@given(metrics, st.integers(1, 6))
def test_never_rises_and_waits(history: list[float], patience: int) -> None:
    rates = [annealed_learning_rate(1.0, history[:epoch], patience) for epoch in range(len(history) + 1)]
    drops = [epoch for epoch, (before, after) in enumerate(pairwise(rates)) if after != before]
    assert all(after in (before, before / 2) for before, after in pairwise(rates))
    assert all(later - earlier >= patience for earlier, later in pairwise(drops))


@given(metrics)
def test_improvement_keeps_the_rate(history: list[float]) -> None:
    assert annealed_learning_rate(1.0, sorted(set(history)), patience=1) == 1


def test_best_is_strict() -> None:
    assert is_best([0.1])
    assert is_best([0.1, 0.2])
    assert not is_best([0.2, 0.2])
