from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import level_index
from evaluation.naming.name_levels import LevelName, name_levels, position_text
from evaluation.naming.settings import NamingSettings
from tests.evaluation.naming.model_chain import average_chain, levels_between


def most_probable(names: list[LevelName]) -> list[str]:
    return [name.most_probable for name in names]


def rotated(points: FloatArray, degrees: float) -> FloatArray:
    """Turned in the sagittal plane about the first centre."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    return np.asarray((points - points[0]) @ turn.T + points[0])


@pytest.mark.parametrize(("first", "last"), [("C1", "L5"), ("T1", "L5"), ("T9", "L5"), ("C7", "T12"), ("C1", "T3")])
@pytest.mark.parametrize("scale", [0.9, 1.0, 1.1])
def test_average_person_is_named(first: str, last: str, scale: float) -> None:
    names = name_levels(average_chain(first, last, scale))
    assert most_probable(names) == levels_between(first, last)
    assert min(name.probability for name in names) > 0.5


@pytest.mark.parametrize(
    ("first", "last", "highest", "lowest"),
    [("T1", "L5", 0.9988, 0.9996), ("T10", "L4", 0.5334, 0.5157), ("L1", "L5", 0.9714, 0.9715)],
)
def test_golden_probabilities(first: str, last: str, highest: float, lowest: float) -> None:
    """Numbers that change only with the tables or the model."""
    names = name_levels(average_chain(first, last))
    assert names[0].probability == pytest.approx(highest, abs=1e-4)
    assert names[-1].probability == pytest.approx(lowest, abs=1e-4)


def test_no_centres_have_no_names() -> None:
    assert name_levels(np.empty((0, 3))) == []


def test_lone_centre_is_unnamed_unless_known() -> None:
    (name,) = name_levels(np.zeros((1, 3)))
    assert name.level is None
    assert name.position == "lowest"
    (known,) = name_levels(np.zeros((1, 3)), lowest="L3")
    assert known.level == "L3"
    assert known.probability == 1


@pytest.mark.parametrize(("first", "last"), [("T12", "L4"), ("L1", "L5"), ("T2", "L3"), ("C4", "T7")])
def test_known_lowest_and_highest_name_all(first: str, last: str) -> None:
    chain, expected = average_chain(first, last), levels_between(first, last)
    lowest, highest = name_levels(chain, lowest=last), name_levels(chain, highest=first)
    both = name_levels(chain, lowest=last, highest=first)
    assert most_probable(lowest) == most_probable(highest) == most_probable(both) == expected
    assert lowest[-1].probability == highest[0].probability == 1
    assert lowest[-1].level == last
    assert highest[0].level == first


def test_known_level_wins_over_the_curve() -> None:
    chain = average_chain("T8", "L5")
    assert name_levels(chain, lowest="L4")[-1].level == "L4"
    assert name_levels(chain, highest="T7")[0].level == "T7"


def test_missed_vertebra_leaves_out_a_level() -> None:
    chain = np.delete(average_chain("T5", "L5"), 6, axis=0)
    expected = levels_between("T5", "L5")
    del expected[6]
    assert most_probable(name_levels(chain)) == expected


def test_false_centre_between_two_vertebrae_is_unnamed() -> None:
    chain = average_chain("T5", "L5")
    false = (chain[5] + chain[6]) / 2 + [4.0, 3.0, 0.0]
    names = name_levels(np.insert(chain, 6, false, axis=0))
    assert names[6].level is None
    assert names[6].probability < 0.1
    assert most_probable(names[:6] + names[7:]) == levels_between("T5", "L5")


def test_false_centre_far_beside_the_spine_is_unnamed() -> None:
    chain = average_chain("T5", "L5")
    names = name_levels(np.insert(chain, 6, (chain[5] + chain[6]) / 2 + [130.0, 0.0, 0.0], axis=0))
    assert names[6].level is None
    assert most_probable(names[:6] + names[7:]) == levels_between("T5", "L5")


def test_unnamed_vertebra_has_its_place() -> None:
    names = name_levels(average_chain("L2", "L4"), settings=NamingSettings(name_threshold=1.0))
    assert [name.level for name in names] == [None, None, None]
    assert [name.position for name in names] == ["third from below", "second from below", "lowest"]


@pytest.mark.parametrize(
    ("number", "text"), [(0, "lowest"), (2, "third"), (19, "twentieth"), (20, "21st"), (24, "25th")]
)
def test_positions(number: int, text: str) -> None:
    assert position_text(number).removesuffix(" from below") == text


def test_threshold_divides_named_from_unnamed() -> None:
    chain = average_chain("T10", "L4")
    probability = name_levels(chain)[0].probability
    for threshold, is_named in ((probability - 1e-6, True), (probability + 1e-6, False)):
        assert (name_levels(chain, settings=NamingSettings(name_threshold=threshold))[0].level is not None) is is_named


def test_contradiction_is_refused() -> None:
    with pytest.raises(InputError, match=r"highest vertebra T1 and lowest vertebra L5: 8 vertebrae found; expected 16"):
        name_levels(average_chain("T10", "L5"), lowest="L5", highest="T1")


def test_absent_t12_and_t13_by_known_ends() -> None:
    spine = average_chain("T1", "L5")
    shorter = np.concatenate([spine[:11], spine[12:] + spine[11] - spine[12]])
    names = name_levels(shorter, lowest="L5", highest="T1")
    assert "T12" not in most_probable(names)
    longer = np.concatenate([spine[:12], spine[11:] + spine[11] - spine[10]])
    names = name_levels(longer, lowest="L5", highest="T1")
    assert most_probable(names) == [*levels_between("T1", "T12"), "T13", *levels_between("L1", "L5")]


@st.composite
def chains(draw: st.DrawFn) -> FloatArray:
    """Average spines with noise, one centre perhaps missing and one perhaps false."""
    first = draw(st.integers(0, 21))
    last = draw(st.integers(first + 2, 24))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    chain = average_chain("C1", "L6", draw(st.floats(0.8, 1.2)))[first : last + 1]
    chain = chain + random.normal(0, 2, chain.shape)
    place = draw(st.integers(1, len(chain) - 1))
    change = draw(st.sampled_from(["none", "missed", "false"]))
    if change == "missed" and len(chain) > 3:
        chain = np.delete(chain, place, axis=0)
    if change == "false":
        chain = np.insert(chain, place, chain[place - 1 : place + 1].mean(axis=0) + random.normal(0, 5, 3), axis=0)
    return chain[np.argsort(-chain[:, 2])]


@given(chains())
def test_named_levels_descend_without_duplicates(chain: FloatArray) -> None:
    names = name_levels(chain)
    assert len(names) == len(chain)
    assert all(0 <= name.probability <= 1 for name in names)
    numbers = [level_index(name.level) for name in names if name.level]
    assert all(upper < lower for upper, lower in pairwise(numbers))


@given(chains(), st.tuples(*[st.floats(-1000, 1000)] * 3))
def test_place_in_the_scanner_does_not_matter(chain: FloatArray, shift: tuple[float, float, float]) -> None:
    names, moved = name_levels(chain), name_levels(chain + shift)
    assert most_probable(names) == most_probable(moved)
    assert [name.probability for name in names] == pytest.approx([name.probability for name in moved], abs=1e-6)


@given(chains())
def test_left_and_right_do_not_matter(chain: FloatArray) -> None:
    names, mirrored = name_levels(chain), name_levels(chain * [-1, 1, 1])
    assert [name.probability for name in names] == pytest.approx([name.probability for name in mirrored], abs=1e-6)


@pytest.mark.parametrize(("first", "last"), [("C1", "L5"), ("T1", "L5"), ("T9", "L5"), ("C5", "T10")])
@pytest.mark.parametrize("degrees", [-3.0, 3.0])
def test_small_rotation_changes_no_name(first: str, last: str, degrees: float) -> None:
    chain = average_chain(first, last)
    straight, turned = name_levels(chain), name_levels(rotated(chain, degrees))
    assert most_probable(straight) == most_probable(turned)
    for before, after in zip(straight, turned, strict=True):
        assert after.probability == pytest.approx(before.probability, abs=0.2)
