"""The share of height that vertebral bodies have lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.heights import Heights, height_scores

NORMAL = Heights(24.0, 23.0, 25.0)


def test_losses_of_each_shape() -> None:
    wedge, biconcave = Heights(15.0, 20.0, 25.0), Heights(24.0, 17.5, 25.0)
    assert height_scores([NORMAL, wedge, NORMAL])[1] == pytest.approx(0.4)
    assert height_scores([NORMAL, biconcave, NORMAL])[1] == pytest.approx(0.3)
    assert height_scores([NORMAL] * 3) == pytest.approx([0.08] * 3)


def test_a_crush_is_found_beside_the_taller_neighbour() -> None:
    crush = Heights(15.0, 14.5, 15.0)
    assert height_scores([NORMAL, crush, crush])[1] == pytest.approx(0.4)
    assert height_scores([crush])[0] == pytest.approx(1 - 14.5 / 15)


def test_unmeasured_bodies_have_no_loss_and_are_no_neighbours() -> None:
    tall = Heights(40.0, 40.0, 40.0)
    assert height_scores([None, NORMAL, None]) == pytest.approx([0, 0.08, 0])
    assert height_scores([tall, None, NORMAL])[2] == pytest.approx(0.08)


heights = st.builds(Heights, *[st.floats(5.0, 40.0)] * 3)


@given(st.lists(heights, min_size=1, max_size=6), st.floats(0.5, 2.0))
def test_losses_are_shares_whatever_the_patients_size(bodies: list[Heights], scale: float) -> None:
    losses = height_scores(bodies)
    scaled = [Heights(body.anterior * scale, body.middle * scale, body.posterior * scale) for body in bodies]
    assert all(0 <= loss < 1 for loss in losses)
    assert height_scores(scaled) == pytest.approx(losses)


@given(st.lists(heights, min_size=1, max_size=6), st.floats(0.3, 0.99))
def test_a_lower_middle_is_never_a_smaller_loss(bodies: list[Heights], left: float) -> None:
    ends, others = (bodies[0].anterior, bodies[0].posterior), bodies[1:]
    flat, hollow = (Heights(ends[0], middle, ends[1]) for middle in (min(ends), min(ends) * left))
    assert height_scores([hollow, *others])[0] >= height_scores([flat, *others])[0]


def test_the_rim_is_half_way_between_front_and_back() -> None:
    assert Heights(20.0, 15.0, 26.0).rim == pytest.approx(23.0)


def test_known_means_of_the_levels_replace_the_plain_comparison() -> None:
    """L2 is 20 mm high behind where 30 are usual; T12 is normal for its level, and higher in front than behind."""
    bodies = [Heights(21.0, 19.0, 20.0), Heights(20.0, 20.0, 20.0)]
    assert height_scores(bodies) == pytest.approx([1 - 19 / 21, 0.0])
    assert height_scores(bodies, means=[20.0, 30.0]) == pytest.approx([1 - 19 / 20, 1 / 3])


def test_there_is_one_mean_for_each_body() -> None:
    with pytest.raises(ValueError, match="shorter"):
        height_scores([NORMAL, NORMAL], means=[25.0])
