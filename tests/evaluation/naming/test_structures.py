from hypothesis import given
from hypothesis import strategies as st

from evaluation.naming.structures import Structure


def test_plain_chain() -> None:
    plain = Structure.plain(3)
    assert plain == Structure((0, 1, 2), (0, 1, 2))
    assert plain.missed == 0


def test_all_edits_of_three_centres() -> None:
    assert set(Structure.plain(3).edits(keep_first=False, keep_last=False)) == {
        Structure((1, 2), (0, 1)),  # the first is false
        Structure((0, 2), (0, 1)),  # the middle one is false, and nothing is missed where it lies
        Structure((0, 1), (0, 1)),  # the last is false
        Structure((0, 1, 2), (0, 2, 3)),  # one missed below the first
        Structure((0, 1, 2), (0, 1, 3)),  # one missed above the last
    }


def test_known_ends_are_kept() -> None:
    assert all({0, 2} <= set(edited.kept) for edited in Structure.plain(3).edits(keep_first=True, keep_last=True))


def test_a_lone_centre_is_not_false() -> None:
    assert not list(Structure.plain(1).edits(keep_first=False, keep_last=False))


@given(st.integers(2, 8), st.lists(st.integers(0, 30), max_size=5))
def test_edits_keep_the_order(count: int, choices: list[int]) -> None:
    structure = Structure.plain(count)
    for choice in choices:
        edits = list(structure.edits(keep_first=False, keep_last=False))
        if not edits:
            break
        structure = edits[choice % len(edits)]
        assert len(structure.kept) == len(structure.offsets) >= 1
        assert structure.offsets[0] == 0
        assert all(upper < lower for upper, lower in zip(structure.kept, structure.kept[1:], strict=False))
        assert all(upper < lower for upper, lower in zip(structure.offsets, structure.offsets[1:], strict=False))
        assert structure.missed >= 0
