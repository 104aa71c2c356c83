from collections.abc import Sequence

import numpy as np
import pytest

from evaluation.localisation.case_match import match_case
from evaluation.localisation.identification import (
    CaseIdentification,
    IdentificationMetrics,
    identify_case,
    measure_identification,
)
from evaluation.localisation.located import LocatedVertebra
from tests.evaluation.localisation.test_case_match import SETTINGS, SPINE, locate, match
from tests.evaluation.localisation.test_detection_metrics import PATIENT, WEIGHTS

Names = Sequence[str | None]


def identify(
    located: Sequence[LocatedVertebra], names: Names, most_probable: Names | None = None
) -> CaseIdentification:
    return identify_case(
        located, SPINE, match(located), names, names if most_probable is None else most_probable, SETTINGS
    )


@pytest.mark.parametrize(
    ("names", "identified"),
    [
        (["T12", "L1", "L2", "L3"], [True, True, True, True]),
        (["T11", "T12", "L1", "L2"], [False, False, False, False]),
        (["T12", None, "L2", "L4"], [True, False, True, False]),
        (["L3", "L1", "L1", "L3"], [False, True, False, True]),
    ],
)
def test_a_vertebra_is_identified_by_its_name(names: Names, identified: list[bool]) -> None:
    found = identify(locate(88, 61, 30, 3), names)
    assert found.identified.tolist() == found.right.tolist() == identified
    assert found.named.tolist() == [name is not None for name in names]


def test_another_annotated_vertebra_must_not_be_nearer() -> None:
    """L1 lies 16 mm from its annotated centre, and 14 mm from that of L2: VerSe counts no hit."""
    near, far = (identify(locate(z), ["L1"]).identified for z in (46, 44))
    assert (near.tolist(), far.tolist()) == ([False, True, False, False], [False] * 4)


def test_an_inserted_vertebra_identifies_nothing() -> None:
    found = identify(locate(inserted=[90]), ["T12"])
    np.testing.assert_array_equal([found.identified, found.named, found.right, found.probable], False)


def test_the_second_vertebra_in_a_body_can_identify_it() -> None:
    """VerSe asks for the location of the level, also if another located vertebra is nearer."""
    found = identify(locate(91, 80), ["T11", "T12"])
    assert found.identified.tolist() == [True, False, False, False]
    assert (found.named.tolist()[0], found.right.tolist()[0]) == (True, False)


def test_levels_of_different_lengths_are_told_apart() -> None:
    """A name that begins like an annotated level is another one."""
    lumbar = [row for row in SPINE if row.vertebra != "T12"]
    located = locate(60, 30, 0)
    both = match_case(located, lumbar, SETTINGS)
    found = identify_case(located, lumbar, both, ["L12", "L2", None], ["L12", "L2", "L3"], SETTINGS)
    assert found.identified.tolist() == [False, True, False]


def measure(*cases: tuple[list[LocatedVertebra], Names, Names]) -> IdentificationMetrics:
    matches = [match(located) for located, _, _ in cases]
    return measure_identification(matches, [identify(*case) for case in cases], PATIENT[: len(cases)], WEIGHTS)


LEVELS = ["T12", "L1", "L2", "L3"]


def test_recall_and_precision_count_identified_vertebrae() -> None:
    first, second = ["T12", "L2", None], LEVELS
    metrics = measure((locate(90, 60, 30), first, LEVELS[:3]), (locate(90, 60, 30, 0), second, LEVELS))
    assert (metrics.identified.total, metrics.identified.count) == (5, 8)
    assert metrics.recall.estimate == pytest.approx((1 / 4 + 1) / 2)
    assert metrics.precision.estimate == pytest.approx((1 / 3 + 1) / 2)
    assert (metrics.named.total, metrics.named.count) == (6, 7)
    assert (metrics.right.total, metrics.right.count) == (5, 6)
    assert (metrics.probable.total, metrics.probable.count) == (7, 7)
    assert (metrics.cases, metrics.unnamed_cases) == (2, 0)
    assert metrics.named.ci95 is not None
    assert metrics.named.ci95[0] < 6 / 7 < metrics.named.ci95[1]


def test_a_vertebra_beyond_the_annotated_span_lowers_one_precision() -> None:
    metrics = measure(
        (locate(200, 90, 60), ["T8", "T12", "L1"], ["T8", "T12", "L1"]), (locate(90), LEVELS[:1], LEVELS[:1])
    )
    assert metrics.precision.estimate == pytest.approx((2 / 3 + 1) / 2)
    assert metrics.precision_in_span.estimate == 1


def test_without_any_name_there_is_no_share_of_right_names() -> None:
    metrics = measure((locate(90, 60), [None] * 2, LEVELS[1:3]), (locate(90, 60), [None] * 2, LEVELS[:2]))
    assert (metrics.identified.total, metrics.identified.count) == (0, 8)
    assert (metrics.right.estimate, metrics.right.count) == (None, 0)
    assert metrics.probable.estimate == 0.5
    assert metrics.unnamed_cases == 2


def test_without_a_located_vertebra() -> None:
    metrics = measure(([], [], []), ([], [], []))
    assert (metrics.identified.estimate, metrics.recall.estimate, metrics.unnamed_cases) == (0, 0, 2)
    assert metrics.precision.estimate is metrics.named.estimate is metrics.probable.estimate is None
    np.testing.assert_array_equal(identify([], []).named, [False] * 4)
