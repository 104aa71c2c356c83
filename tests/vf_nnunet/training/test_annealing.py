"""The learning rate halves on plateaus, or falls to the end."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.training.annealing import (
    annealed_learning_rate,
    has_stalled,
    is_best,
    polynomial_learning_rate,
    scheduled_learning_rate,
)
from vf_nnunet.training.settings import TrainingSettings

metrics = st.lists(st.floats(0, 1, allow_nan=False), max_size=40)


def test_halves_after_each_plateau() -> None:
    history = [0.1, 0.2, 0.2, 0.2, 0.1, 0.1, 0.3]
    assert annealed(history, patience=2) == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_falls_by_another_factor() -> None:
    assert annealed([0.2, 0.2, 0.2], patience=1, plateau_factor=0.1) == pytest.approx([1, 1, 0.1, 0.01])


def annealed(history: list[float], **settings: Any) -> list[float]:
    """The rate of every epoch, the first one's being 1."""
    regime = TrainingSettings(learning_rate=1, **settings)
    return [annealed_learning_rate(regime, history[:epoch]) for epoch in range(len(history) + 1)]


@given(metrics, st.integers(1, 6))
def test_never_rises_and_waits(history: list[float], patience: int) -> None:
    rates = annealed(history, patience=patience)
    drops = [epoch for epoch, (before, after) in enumerate(pairwise(rates)) if after != before]
    assert all(after in (before, before / 2) for before, after in pairwise(rates))
    assert all(later - earlier >= patience for earlier, later in pairwise(drops))


@given(metrics)
def test_improvement_keeps_the_rate(history: list[float]) -> None:
    assert set(annealed(sorted(set(history)), patience=1)) == {1}


def test_poly_waits_a_third_and_falls() -> None:
    settings = TrainingSettings(learning_rate=2.0, epochs=9)
    rates = [polynomial_learning_rate(settings, epoch) for epoch in range(10)]
    assert rates[:4] == [2, 2, 2, 2]
    assert rates[6] == pytest.approx(2 * 0.5**0.9)
    assert rates[9] == 0
    assert all(after < before for before, after in pairwise(rates[3:]))


def test_poly_waits_and_falls_as_the_settings_say() -> None:
    settings = TrainingSettings(learning_rate=1.0, epochs=10, poly_waiting_share=0.5, poly_exponent=2.0)
    assert [polynomial_learning_rate(settings, epoch) for epoch in (0, 5, 6, 9)] == pytest.approx([1, 1, 0.64, 0.04])


def test_the_schedule_is_chosen_by_name() -> None:
    history = [0.3, 0.2, 0.1]
    auto = TrainingSettings(learning_rate=1.0, patience=1, epochs=4)
    assert scheduled_learning_rate(auto, history) == 0.25
    poly = replace(auto, schedule="poly")
    assert scheduled_learning_rate(poly, history) == polynomial_learning_rate(poly, 3)


def test_best_is_strict() -> None:
    assert is_best([0.1])
    assert is_best([0.1, 0.2])
    assert not is_best([0.2, 0.2])


@given(metrics, st.integers(1, 6))
def test_stalls_after_as_many_epochs_without_a_better_one(history: list[float], stop_patience: int) -> None:
    """Counted apart: the epochs after the first one that has the highest metric."""
    since_best = len(history) - 1 - history.index(max(history)) if history else 0
    assert has_stalled("auto", history, stop_patience) == (bool(history) and since_best >= stop_patience)


def test_only_auto_stalls_and_only_with_a_patience() -> None:
    history = [0.5] * 20
    assert has_stalled("auto", history, 15)
    assert not has_stalled("auto", history, 0)
    assert not has_stalled("poly", history, 15)
    assert has_stalled("auto", [float("nan")] * 4, 3)
