from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.localisation.case_match import CaseMatch, match_case
from evaluation.localisation.located import LocatedVertebra
from evaluation.localisation.matching import UNMATCHED
from evaluation.settings import ScoringSettings

SETTINGS = ScoringSettings()
SPINE = [Vertebra("a", "a", level, 0.0, 0.0, z) for level, z in (("T12", 90), ("L1", 60), ("L2", 30), ("L3", 0))]


def locate(*heights: float, inserted: Sequence[float] = ()) -> list[LocatedVertebra]:
    """Vertebrae above each other, from the top down."""
    return [LocatedVertebra((0.0, 0.0, z), 0.9, z in inserted) for z in sorted((*heights, *inserted), reverse=True)]


def match(located: Sequence[LocatedVertebra], settings: ScoringSettings = SETTINGS) -> CaseMatch:
    return match_case(located, SPINE, settings)


def test_every_located_vertebra_has_one_outcome() -> None:
    """At T12 and L2, one more in T12, inserted at L1, and far above all."""
    found = match(locate(200, 96, 80, 28, inserted=[55]))
    assert found.match.tolist() == [1, 3, 4, UNMATCHED]
    assert found.owner.tolist() == [UNMATCHED, 0, UNMATCHED, 1, 2]
    np.testing.assert_allclose(found.distance, [6, 5, 2, np.nan])
    assert found.detected.tolist() == [True, False, True, False]
    assert found.is_false.tolist() == [False, False, True, False, False]
    assert found.is_beyond.tolist() == [True, False, False, False, False]


def test_an_inserted_vertebra_takes_no_match_from_another() -> None:
    """It is nearer, but only stands for a vertebra that is not in the map."""
    found = match(locate(78, inserted=[89]))
    assert found.match.tolist() == [1, UNMATCHED, UNMATCHED, UNMATCHED]
    assert found.detected.tolist() == [True, False, False, False]


def test_the_radius_is_a_setting() -> None:
    assert match(locate(106)).detected.any()
    assert not match(locate(106), settings=replace(SETTINGS, identification_radius=15.0)).detected.any()
