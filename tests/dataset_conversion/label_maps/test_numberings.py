"""The numbers of the programs, at places that their documentation gives."""

import pytest

from dataset_conversion.label_maps.numberings import (
    NUMBERINGS,
    RECOGNISED,
    SPINEPS,
    TOTALSEGMENTATOR,
    TOTALSEGMENTATOR_V3,
    VERSE,
    Numbering,
)
from dataset_conversion.spine.levels import LEVELS


@pytest.mark.parametrize(
    ("numbering", "number", "level"),
    [
        (VERSE, 1, "C1"),
        (VERSE, 8, "T1"),
        (VERSE, 19, "T12"),
        (VERSE, 20, "L1"),
        (VERSE, 25, "L6"),
        (VERSE, 28, "T13"),
        (TOTALSEGMENTATOR, 26, "S1"),
        (TOTALSEGMENTATOR, 27, "L5"),
        (TOTALSEGMENTATOR, 31, "L1"),
        (TOTALSEGMENTATOR, 32, "T12"),
        (TOTALSEGMENTATOR, 43, "T1"),
        (TOTALSEGMENTATOR, 44, "C7"),
        (TOTALSEGMENTATOR, 50, "C1"),
        (TOTALSEGMENTATOR_V3, 26, "L6"),
        (TOTALSEGMENTATOR_V3, 27, "L5"),
        (SPINEPS, 24, "L5"),
    ],
)
def test_a_number_is_a_level(numbering: Numbering, number: int, level: str) -> None:
    assert numbering.levels[number] == level


def test_endplates_belong_to_their_vertebra_and_discs_to_none() -> None:
    assert SPINEPS.endplates[224] == "L5"
    assert 119 in SPINEPS.others
    assert not (SPINEPS.levels.keys() | SPINEPS.endplates.keys()) & SPINEPS.others


@pytest.mark.parametrize("numbering", NUMBERINGS.values())
def test_every_level_has_one_number_and_a_place(numbering: Numbering) -> None:
    levels = list(numbering.levels.values())
    assert len(set(levels)) == len(levels)
    assert set(levels) <= set(LEVELS)
    downwards = sorted(numbering.places, key=numbering.places.__getitem__)
    assert [numbering.levels[number] for number in downwards if number in numbering.levels] == sorted(
        levels, key=LEVELS.index
    )
    assert downwards[-1] in numbering.sacral
    assert all(NUMBERINGS[recognised.name] is recognised for recognised in RECOGNISED)
