"""Names of located vertebrae on spines that are built from the tables of the levels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.analysis.locating import LocatedCase
from evaluation.analysis.naming import CaseNames, OwnNames, analyse_names, lowest_level, name_case
from evaluation.cohort.cases import Case
from evaluation.cohort.sources import CaseMap
from evaluation.localisation.case_match import match_case
from evaluation.localisation.located import LocatedVertebra
from evaluation.settings import ScoringSettings
from tests.evaluation.naming.model_chain import average_chain, levels_between

SETTINGS = ScoringSettings()
SCALES = (0.95, 1.0, 1.05)


def spine(number: int, first: str, last: str, shown: int | None = None) -> tuple[Case, LocatedCase]:
    """An average person's spine, annotated, and located 1 mm off; without the vertebrae below those that are shown."""
    centres = average_chain(first, last, SCALES[number % len(SCALES)])
    name = f"case{number}"
    rows = [
        Vertebra(name, name, level, float(x), float(y), float(z), 0)
        for level, (x, y, z) in zip(levels_between(first, last), centres, strict=True)
    ]
    located = [LocatedVertebra((float(x) + 1, float(y), float(z)), 0.9, False) for x, y, z in centres[:shown]]
    empty = np.zeros((1, 0))
    case = Case(CaseMap(name, Path(f"{name}_fracture.nii.gz")), name, tuple(rows))
    return case, LocatedCase(tuple(located), empty, empty)


def named(*spines: tuple[Case, LocatedCase]) -> OwnNames:
    cases, located = zip(*spines, strict=True)
    matches = [match_case(found.vertebrae, case.annotated, SETTINGS) for case, found in spines]
    weights = np.array(
        [
            np.bincount(draw, minlength=len(cases))
            for draw in np.random.default_rng(1).integers(len(cases), size=(20, len(cases)))
        ]
    )
    return analyse_names(cases, located, matches, np.arange(len(cases)), weights, SETTINGS)


def test_long_spines_are_identified() -> None:
    own = named(spine(0, "T1", "L5"), spine(1, "T1", "L5"))
    metrics = own.metrics
    assert metrics.identified.estimate == metrics.named.estimate == metrics.right.estimate == 1
    assert (metrics.identified.count, metrics.unnamed_cases) == (34, 0)
    assert own.cases[0].levels == levels_between("T1", "L5")


def test_short_crops_are_not_named_and_not_identified() -> None:
    """Their most probable levels are counted apart, and a known lowest level names them."""
    own = named(spine(0, "T10", "L2"), spine(1, "T11", "L3"))
    metrics = own.metrics
    assert (metrics.identified.total, metrics.identified.count) == (0, 10)
    assert (metrics.named.total, metrics.right.estimate, metrics.unnamed_cases) == (0, None, 2)
    assert metrics.probable.count == 10
    assert own.lowest is not None
    assert own.lowest.not_given == metrics
    assert own.lowest.given.identified.estimate == own.lowest.given.right.estimate == 1
    assert own.lowest.given.unnamed_cases == 0


def test_a_missed_lowest_vertebra_is_no_reason_for_wrong_names() -> None:
    """The level that is given is that of the lowest located vertebra, not of the lowest annotated one."""
    case, found = spine(0, "T6", "L4", shown=-1)
    match = match_case(found.vertebrae, case.annotated, SETTINGS)
    assert lowest_level(case, match) == "L3"
    own = named((case, found), spine(1, "T6", "L4"))
    assert own.lowest is not None
    assert own.lowest.given.right.estimate == 1
    assert own.lowest.given.identified.total == 10 + 11


@pytest.mark.parametrize("kind", ["inserted", "false", "none", "sacrum"])
def test_an_unknown_lowest_level(kind: str) -> None:
    case, found = spine(0, "T6", "L4")
    vertebrae = list(found.vertebrae)
    if kind == "inserted":
        vertebrae[-1] = replace(vertebrae[-1], inserted=True)
    elif kind == "false":
        x, y, z = vertebrae[-1].centre
        vertebrae.append(LocatedVertebra((x, y, z - 45), 0.5, False))
    elif kind == "none":
        vertebrae = []
    else:
        case = replace(case, vertebrae=(*case.vertebrae[:-1], replace(case.vertebrae[-1], vertebra="S1")))
    assert lowest_level(case, match_case(vertebrae, case.annotated, SETTINGS)) is None
    if kind != "sacrum":
        own = named((case, replace(found, vertebrae=tuple(vertebrae))))
        assert own.lowest is None


def test_a_chain_that_cannot_be_named_says_why() -> None:
    """More vertebrae than a person has."""
    many = [LocatedVertebra((0.0, 0.0, -20.0 * number), 0.9, False) for number in range(30)]
    found = name_case(many)
    assert found.levels == found.most_probable == [None] * 30
    assert found.problem == "centres: 30 vertebrae; expected at most 26, from C1 to L6"


def test_a_level_that_does_not_fit_is_said() -> None:
    found = spine(0, "T1", "L5")[1]
    contradicted = name_case(found.vertebrae, "T3")
    assert contradicted.problem is not None
    assert "17 vertebrae found" in contradicted.problem
    assert name_case([]) == CaseNames(())
