from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.localisation.identification import CaseMatch, match_case, measure_localisation
from evaluation.localisation.located import LocatedVertebra
from evaluation.localisation.matching import UNMATCHED
from evaluation.settings import ScoringSettings

SETTINGS = ScoringSettings()
SPINE = [Vertebra("a", "a", level, 0.0, 0.0, z) for level, z in (("T12", 90), ("L1", 60), ("L2", 30), ("L3", 0))]


def locate(*heights: float, inserted: Sequence[float] = ()) -> list[LocatedVertebra]:
    """Vertebrae above each other, from the top down."""
    return [LocatedVertebra((0.0, 0.0, z), 0.9, z in inserted) for z in sorted((*heights, *inserted), reverse=True)]


def match(
    located: Sequence[LocatedVertebra], names: Sequence[str | None] | None = None, settings: ScoringSettings = SETTINGS
) -> CaseMatch:
    return match_case(located, SPINE, settings, names)


def test_every_located_vertebra_has_one_outcome() -> None:
    """At T12 and L2, one more in T12, inserted at L1, and far above all."""
    found = match(locate(200, 96, 80, 28, inserted=[55]))
    assert found.match.tolist() == [1, 3, 4, UNMATCHED]
    assert found.owner.tolist() == [UNMATCHED, 0, UNMATCHED, 1, 2]
    np.testing.assert_allclose(found.distance, [6, 5, 2, np.nan])
    assert found.detected.tolist() == [True, False, True, False]
    assert found.is_false.tolist() == [False, False, True, False, False]
    assert found.is_beyond.tolist() == [True, False, False, False, False]
    assert found.identified is None


def test_an_inserted_vertebra_takes_no_match_from_another() -> None:
    """It is nearer, but only stands for a vertebra that is not in the map."""
    found = match(locate(78, inserted=[89]))
    assert found.match.tolist() == [1, UNMATCHED, UNMATCHED, UNMATCHED]
    assert found.detected.tolist() == [True, False, False, False]


def test_the_radius_is_a_setting() -> None:
    assert match(locate(106)).detected.any()
    assert not match(locate(106), settings=replace(SETTINGS, identification_radius=15.0)).detected.any()


@pytest.mark.parametrize(
    ("names", "identified"),
    [
        (["T12", "L1", "L2", "L3"], [True, True, True, True]),
        (["T11", "T12", "L1", "L2"], [False, False, False, False]),
        (["T12", None, "L2", "L4"], [True, False, True, False]),
        (["L3", "L1", "L1", "L3"], [False, True, False, True]),
    ],
)
def test_a_vertebra_is_identified_by_its_name(names: list[str | None], identified: list[bool]) -> None:
    found = match(locate(88, 61, 30, 3), names).identified
    assert found is not None
    assert found.tolist() == identified


def test_another_annotated_vertebra_must_not_be_nearer() -> None:
    """L1 lies 16 mm from its annotated centre, and 14 mm from that of L2: VerSe counts no hit."""
    near, far = (match(locate(z), ["L1"]).identified for z in (46, 44))
    assert near is not None
    assert far is not None
    assert (near.tolist(), far.tolist()) == ([False, True, False, False], [False] * 4)


def test_an_inserted_vertebra_identifies_nothing() -> None:
    found = match(locate(inserted=[90]), ["T12"]).identified
    assert found is not None
    assert not found.any()


WEIGHTS = np.array([[1, 1], [2, 0], [0, 2], [1, 1]])
PATIENT = np.array([0, 1])


def test_metrics_counted_by_hand() -> None:
    matches = [match(locate(200, 96, 80, 28, inserted=[55])), match(locate(90, 48, 30, 2))]
    metrics = measure_localisation(matches, PATIENT, WEIGHTS, SETTINGS)
    assert (metrics.detected.total, metrics.detected.count) == (6, 8)
    assert metrics.detected.estimate == 0.75
    assert metrics.near.total == 5
    assert metrics.error.estimate == pytest.approx((6 + 2 + 0 + 12 + 0 + 2) / 6)
    assert metrics.error.count == 6
    assert metrics.recall.estimate == pytest.approx((2 / 4 + 4 / 4) / 2)
    assert metrics.precision.estimate == pytest.approx((2 / 4 + 4 / 4) / 2)
    assert metrics.precision_in_span.estimate == pytest.approx((2 / 3 + 4 / 4) / 2)
    assert (metrics.false.total, metrics.false.count) == (1, 7)
    assert (metrics.beyond, metrics.inserted, metrics.inserted_at_vertebra, metrics.missed) == (1, 1, 1, 1)
    assert metrics.identified is None
    assert metrics.detected.ci95 == pytest.approx((0.51875, 0.98125))


def test_with_names_recall_and_precision_count_identified_vertebrae() -> None:
    matches = [match(locate(90, 60, 30), ["T12", "L2", None]), match(locate(90, 60, 30, 0), ["T12", "L1", "L2", "L3"])]
    metrics = measure_localisation(matches, PATIENT, WEIGHTS, SETTINGS)
    assert metrics.identified is not None
    assert (metrics.identified.total, metrics.detected.total) == (5, 7)
    assert metrics.recall.estimate == pytest.approx((1 / 4 + 1) / 2)
    assert metrics.precision.estimate == pytest.approx((1 / 3 + 1) / 2)


def test_maps_in_which_nothing_is_located() -> None:
    metrics = measure_localisation([match([]), match([])], PATIENT, WEIGHTS, SETTINGS)
    assert (metrics.detected.estimate, metrics.recall.estimate, metrics.missed) == (0, 0, 8)
    assert metrics.error.estimate is metrics.precision.estimate is metrics.false.estimate is None
    assert metrics.error.ci95 is metrics.precision.ci95 is metrics.false.ci95 is None


def test_two_scans_of_a_patient_are_drawn_together() -> None:
    """Neither of the scans alone says how patients differ."""
    matches = [match(locate(90)), match(locate(90, 60))]
    metrics = measure_localisation(matches, np.array([1, 1]), WEIGHTS, SETTINGS)
    assert metrics.recall.estimate == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert metrics.recall.ci95 is None
