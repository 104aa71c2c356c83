"""Losses of height by hand, and the choice of the neighbour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.heights import Heights
from evaluation.vertebra.height_loss import FARTHEST, HeightLoss, height_loss, height_losses_down, unfractured_neighbour

NORMAL = Heights(25.0, 24.0, 26.0)
lengths = st.floats(1.0, 60.0)
bodies = st.builds(Heights, lengths, lengths, lengths)


@pytest.mark.parametrize(
    ("heights", "own", "neighbour"),
    [
        (Heights(20.0, 20.0, 20.0), 0.0, 1 - 20 / 26),
        (Heights(15.0, 20.0, 25.0), 0.4, 0.4),
        (Heights(25.0, 12.0, 25.0), 0.52, 0.5),
        (Heights(10.0, 10.0, 10.0), 0.0, 1 - 10 / 26),
        (Heights(30.0, 30.0, 30.0), 0.0, 0.0),
    ],
    ids=["lower", "wedge", "biconcave", "crush", "taller"],
)
def test_a_loss_by_hand(heights: Heights, own: float, neighbour: float) -> None:
    loss = height_loss(heights, NORMAL)
    assert loss.own == pytest.approx(own)
    assert loss.neighbour == pytest.approx(neighbour)
    assert height_loss(heights, None) == HeightLoss(loss.own, None)


@given(bodies, bodies)
def test_a_loss_is_a_share(heights: Heights, neighbour: Heights) -> None:
    loss = height_loss(heights, neighbour)
    assert loss.neighbour is not None
    assert 0 <= loss.own < 1
    assert 0 <= loss.neighbour < 1
    assert height_loss(heights, heights).neighbour == 0


@pytest.mark.parametrize(
    ("number", "fractured", "missing", "expected"),
    [
        (2, set(), set(), 1),
        (2, {1}, set(), 0),
        (2, {0, 1}, set(), 3),
        (2, {1}, {0}, 3),
        (0, set(), set(), 1),
        (2, {0, 1, 3, 4, 5}, set(), None),
        (5, {2, 3, 4}, set(), None),
        (2, {2}, set(), 1),
    ],
)
def test_the_neighbour_is_the_nearest_above_else_below(
    number: int, fractured: set[int], missing: set[int], expected: int | None
) -> None:
    heights = [None if place in missing else NORMAL for place in range(6)]
    assert unfractured_neighbour(number, heights, [place in fractured for place in range(6)]) == expected


def test_a_neighbour_is_at_most_so_far() -> None:
    heights = [NORMAL] + [None] * (FARTHEST - 1) + [NORMAL]
    assert unfractured_neighbour(FARTHEST, heights, [False] * len(heights)) == 0
    heights.insert(1, None)
    assert unfractured_neighbour(FARTHEST + 1, heights, [False] * len(heights)) is None


def test_the_losses_of_a_spine() -> None:
    crush = Heights(10.0, 10.0, 10.0)
    first, absent, second, third = height_losses_down([NORMAL, None, crush, NORMAL], [False, False, True, False])
    assert absent is None
    for loss, own, neighbour in ((first, 1 - 24 / 26, 0), (second, 0, 1 - 10 / 26), (third, 1 - 24 / 26, 0)):
        assert loss is not None
        assert loss.own == pytest.approx(own)
        assert loss.neighbour == pytest.approx(neighbour)
