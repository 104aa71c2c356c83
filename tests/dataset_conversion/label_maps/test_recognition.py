"""Numberings are recognised by their numbers and their order along the spine."""

from collections.abc import Sequence

import numpy as np
import pytest

from dataset_conversion.label_maps.numberings import SPINEPS, TOTALSEGMENTATOR, VERSE, Numbering
from dataset_conversion.label_maps.recognition import choose_numbering
from dataset_conversion.spine.anatomy import expected_spacing
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS

REGULAR = [level for level in LEVELS if level not in SUPERNUMERARY_LEVELS]


def spine(numbering: Numbering, levels: Sequence[str], scale: float = 1.0) -> dict[int, FloatArray]:
    """Centres of these levels at mean distances below each other."""
    number_of = {level: number for number, level in numbering.levels.items()}
    heights = [-scale * (expected_spacing(levels[0], level) if level != levels[0] else 0.0) for level in levels]
    return {number_of[level]: np.array([0.0, 0.0, z]) for level, z in zip(levels, heights, strict=True)}


@pytest.mark.parametrize("numbering", [VERSE, TOTALSEGMENTATOR], ids=lambda numbering: numbering.name)
@pytest.mark.parametrize("first", [0, 3, 7, 12, 19, 21])
@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.2])
def test_every_section_is_recognised(numbering: Numbering, first: int, count: int, scale: float) -> None:
    levels = [level for level in REGULAR[first : first + count] if level[0] != "S"]
    assert choose_numbering("a", spine(numbering, levels, scale)) is numbering


def test_organs_and_discs_beside_the_vertebrae() -> None:
    organs = {5: np.zeros(3), 90: np.zeros(3), 25: np.array([0.0, 0.0, -200.0])}
    total = spine(TOTALSEGMENTATOR, ["T12", "L1", "L2"])
    assert choose_numbering("a", total | organs) is TOTALSEGMENTATOR
    discs = {120: np.zeros(3), 221: np.zeros(3)}
    assert choose_numbering("a", spine(SPINEPS, ["L1", "L2"]) | discs) is SPINEPS


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([28], "label 28 can be T13 in VerSe's (verse-masks) and L4 in TotalSegmentator's (totalsegmentator-masks) n"),
        ([28, 27], "labels 27, 28 can be T13 in VerSe's (verse-masks) and L5, L4 in TotalSegmentator's"),
    ],
)
def test_ambiguous_content_names_both(numbers: list[int], message: str) -> None:
    centres = {number: np.array([0.0, 0.0, -30.0 * place]) for place, number in enumerate(numbers)}
    with pytest.raises(InputError) as caught:
        choose_numbering("a.nii.gz", centres)
    assert str(caught.value).startswith(f"a.nii.gz: {message}")
    assert str(caught.value).endswith("numbers; choose the numbering with --format")
    assert choose_numbering("a.nii.gz", centres, "verse-masks") is VERSE
    assert choose_numbering("a.nii.gz", centres, "totalsegmentator-masks") is TOTALSEGMENTATOR


def test_order_tells_numbers_apart_that_two_programs_share() -> None:
    """25 above 26: L6 above the sacrum in VerSe. 26 above 25: S1 above the rest of the sacrum in TotalSegmentator."""
    above, below = np.array([0.0, 0.0, 0.0]), np.array([0.0, 0.0, -40.0])
    assert choose_numbering("a", {25: above, 26: below}) is VERSE
    assert choose_numbering("a", {26: above, 25: below}) is TOTALSEGMENTATOR


@pytest.mark.parametrize(
    ("centres", "words"),
    [
        ({}, ["a: no label; expected a mask of vertebrae"]),
        ({200: 0, 300: 0}, ["VerSe: labels 200, 300 unknown", "TotalSegmentator: labels 200, 300 unknown"]),
        ({1: 0, 2: -20, 60: 0}, ["VerSe: label 60 unknown", "TotalSegmentator: no vertebra"]),
        ({20: -30, 21: 0}, ["VerSe: L2 (label 21) lies above L1 (label 20)", "TotalSegmentator: no vertebra"]),
        ({29: -30, 30: -60}, ["TotalSegmentator: L3 (label 29) lies above L2 (label 30)"]),
        ({1: 0, 2: -33, 3: -66, 4: -99}, ["VerSe: C1 to C4 measure 99 mm instead of about 50"]),
    ],
)
def test_the_message_says_why_nothing_fits(centres: dict[int, float], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        choose_numbering("a", {number: np.array([0.0, 0.0, z]) for number, z in centres.items()})
    assert len(caught.value.problems) == 1
    assert all(word in str(caught.value) for word in words)


def test_a_numbering_that_is_asked_for_must_fit() -> None:
    centres = spine(VERSE, ["L1", "L2"])
    with pytest.raises(InputError, match=r"a: no vertebra in TotalSegmentator's numbers; expected another numbering"):
        choose_numbering("a", centres, "totalsegmentator-masks")
    with pytest.raises(InputError, match="numbering 'total' is unknown; expected one of verse-masks, totalseg"):
        choose_numbering("a", centres, "total")
