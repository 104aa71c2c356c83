"""The learning rate halves on plateaus, or falls to the end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.annealing import (
    annealed_learning_rate,
    has_stalled,
    is_best,
    polynomial_learning_rate,
    scheduled_learning_rate,
)

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


def test_poly_waits_a_third_and_falls() -> None:
    rates = [polynomial_learning_rate(2.0, epoch, epochs=9) for epoch in range(10)]
    assert rates[:4] == [2, 2, 2, 2]
    assert rates[6] == pytest.approx(2 * 0.5**0.9)
    assert rates[9] == 0
    assert all(after < before for before, after in pairwise(rates[3:]))


def test_the_schedule_is_chosen_by_name() -> None:
    history = [0.3, 0.2, 0.1]
    assert scheduled_learning_rate("auto", 1.0, history, patience=1, epochs=4) == 0.25
    assert scheduled_learning_rate("poly", 1.0, history, patience=1, epochs=4) == polynomial_learning_rate(1.0, 3, 4)


def test_best_is_strict() -> None:
    assert is_best([0.1])
    assert is_best([0.1, 0.2])
    assert not is_best([0.2, 0.2])


@given(metrics, st.integers(1, 6))
def test_stalls_after_as_many_epochs_without_a_better_one(history: list[float], stop_patience: int) -> None:
    """Counted apart: the epochs after the first one that has the highest metric."""
    since_best = len(history) - 1 - history.index(max(history)) if history else 0
    assert has_stalled("auto", history, stop_patience) == (bool(history) and since_best >= stop_patience)


def test_stalling_is_only_for_plateaus_and_where_wanted() -> None:
    history = [0.5] * 20
    assert has_stalled("auto", history, 15)
    assert not has_stalled("auto", history, 0)
    assert not has_stalled("poly", history, 15)
    assert has_stalled("auto", [float("nan")] * 4, 3)
