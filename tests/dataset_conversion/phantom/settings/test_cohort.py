"""All settings of a cohort."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from dataset_conversion.phantom.cohort.paper import LEVEL_ODDS, PAPER
from dataset_conversion.phantom.cohort.presets import BODY, SPINE
from dataset_conversion.phantom.settings.cohort import CompositionSettings, PhantomSettings
from dataset_conversion.spine.errors import InputError


def remade(value: Any) -> Any:
    """The same settings, made from all of their values. This checks them, while defaults alone are not checked."""
    if isinstance(value, tuple):
        return tuple(map(remade, value))
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{field.name: remade(getattr(value, field.name)) for field in fields(value)})
    return value


@pytest.mark.parametrize("preset", [BODY, SPINE])
def test_presets_and_defaults_keep_their_own_limits(preset: PhantomSettings) -> None:
    assert remade(preset) == preset


@pytest.mark.parametrize(
    ("part", "values", "problem"),
    [
        ("spine", {"levels_beyond": 3}, "levels_beyond is 3; expected less than or equal to 2"),
        ("shape", {"node_chance": 1.5}, "node_chance is 1.5; expected less than or equal to 1"),
        ("fracture", {"shape_chance": (("wedge", 0.9),)}, "expected chances that sum to 1"),
        ("fracture", {"shape_chance": (("cone", 1.0),)}, "expected 'wedge', 'biconcave' or 'crush'"),
        ("bone", {"texture_length": (1.0, 0.0, 1.0)}, "texture_length.1 is 0.0; expected greater than 0"),
        ("posterior", {"lamina_radius": 0.0}, "lamina_radius is 0.0; expected greater than 0"),
        ("ribs", {"first_turn": 55.0}, "turn is 55.0 degrees at one level; expected more than first_turn, 55.0"),
        ("pelvis", {"blades": 1}, "blades is 1; expected greater than or equal to 2"),
        ("torso", {"skin_density": -2000.0}, "skin_density is -2000.0; expected greater than or equal to -1024"),
        ("tissue", {"enhanced_chance": -0.1}, "enhanced_chance is -0.1; expected greater than or equal to 0"),
        ("chest", {"carina": "X5"}, "carina is 'X5'; expected a level from C1 to S2"),
        ("organs", {"loops": -1}, "loops is -1; expected greater than or equal to 0"),
        ("vessels", {"fork": "L7"}, "fork is 'L7'; expected a level from C1 to S2"),
        ("field_of_view", {"crop": (0.0, 1.0)}, "crop.0 is 0.0; expected greater than 0"),
    ],
)
def test_every_part_keeps_its_limits(part: str, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as error:
        replace(getattr(BODY, part), **values)
    assert problem in str(error.value)


def test_a_cohort_needs_a_scanner() -> None:
    with pytest.raises(InputError, match=r"^scanners is \(\); expected at least 1 item"):
        replace(BODY, scanners=())


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            {"runs": (((), 1), ((2,), 2)), "fields": (("T8", "L1", 2),), "grades": (5, 0, 0)},
            "fields have 2 cases and grades 5 fractures; expected 3 cases and 4 fractures as in runs",
        ),
        ({"runs": (), "fields": (), "grades": (0, 0, 0)}, "runs have no case; expected 1 or more"),
        ({"fields": (("L1", "T8", 90),)}, "fields go from L1 to T8; expected the highest level first"),
        ({"fields": (("C5", "T8", 90),)}, "fields.0.0 is 'C5'; expected a level from C6 to S2"),
        ({"runs": (((0,), 90),)}, "runs.0.0.0 is 0; expected greater than or equal to 1"),
        ({"level_odds": (*LEVEL_ODDS, ("S1", -1.0))}, "level_odds.17.1 is -1.0; expected greater than or equal to 0"),
    ],
)
def test_contradictory_quotas_are_refused(values: dict[str, Any], problem: str) -> None:
    quotas = {name: getattr(PAPER, name) for name in ("runs", "fields", "grades", "level_odds")}
    with pytest.raises(InputError) as error:
        CompositionSettings(**{**quotas, **values})
    assert problem in str(error.value)
