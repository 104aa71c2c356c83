"""Levels, and settings that change from level to level."""

from typing import Any

import pytest

from dataset_conversion.phantom.settings.levels import (
    PHANTOM_LEVELS,
    Level,
    PositiveProfile,
    Profile,
    ShownLevel,
    levels_between,
    value_at,
)
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.settings import settings


@settings
class Leveled:
    """A setting of each kind."""

    level: Level = "C1"
    shown: ShownLevel = "T1"
    offset: Profile = (("T1", -1.0), ("L5", 0.0))
    size: PositiveProfile = (("T1", 1.0),)


def test_levels_run_from_the_head_down_without_supernumerary_ones() -> None:
    assert (PHANTOM_LEVELS[0], PHANTOM_LEVELS[-1], len(PHANTOM_LEVELS)) == ("C1", "S2", 26)
    assert levels_between("T11", "L2") == ("T11", "T12", "L1", "L2")
    assert levels_between("L5", "L5") == ("L5",)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"level": "T13"}, "level is 'T13'; expected a level from C1 to S2, other than T13 and L6"),
        ({"shown": "C5"}, "shown is 'C5'; expected a level from C6 to S2, other than T13 and L6"),
        ({"offset": (("L1", 1.0), ("T1", 1.0))}, "expected one level or more, from the head down"),
        ({"offset": (("L1", 1.0), ("L1", 2.0))}, "expected one level or more, from the head down"),
        ({"offset": ()}, "offset is (); expected one level or more, from the head down"),
        ({"size": (("T1", 1.0), ("L7", 1.0))}, "size.1.0 is 'L7'; expected a level from C1 to S2"),
        ({"size": (("T1", 0.0),)}, "size.0.1 is 0.0; expected greater than 0"),
    ],
)
def test_every_kind_of_level_setting_keeps_its_limits(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as error:
        Leveled(**values)
    assert problem in str(error.value)


def test_a_profile_is_interpolated_and_constant_beyond_its_ends() -> None:
    profile = (("T1", 1.0), ("T3", 0.0))
    assert [value_at(profile, level) for level in ("C1", "T1", "T2", "T3", "S2")] == [1.0, 1.0, 0.5, 0.0, 0.0]
