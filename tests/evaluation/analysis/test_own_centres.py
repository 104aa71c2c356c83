from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dataset_conversion.spine.geometry import FloatArray
from evaluation.analysis.locating import LocatedCase
from evaluation.analysis.own_centres import OwnCentres, analyse_own_centres
from evaluation.cohort.cases import Case
from evaluation.cohort.sources import CaseMap
from evaluation.detection.detections import CaseDetections
from evaluation.localisation.located import LocatedVertebra
from evaluation.localisation.matching import UNMATCHED
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.scores import CohortScores, CubeChoice, PatientScores, VertebraScores
from tests.evaluation.conftest import CENTROIDS, Grades, vertebrae_of

SETTINGS = EvaluationSettings(bootstrap_replicates=40, localisation_draws=2)
GRADES: list[Grades] = [{"T12": 0, "L1": 2, "L2": 0}, {"T12": 0, "L1": 0, "L2": None}, {"T12": 0, "L1": 0, "L2": 3}]
GRADES += [{"T12": 1, "L1": 0, "L2": 0}]
SCORES = [(0.1, 0.9, 0.2), (0.1, 0.3, 0.4), (0.2, 0.1, 0.8), (0.7, 0.05, 0.1)]


def cohort(grades: list[Grades] = GRADES) -> tuple[list[Case], CohortScores, list[CaseDetections]]:
    """Cases with scores at their annotated centres, which are a little worse than those at the located ones."""
    cases = [_case(number, levels) for number, levels in enumerate(grades)]
    vertebrae = _vertebra_scores(cases)
    return cases, CohortScores(_patient_scores(cases), vertebrae), [_detections(case) for case in cases]


def _case(number: int, levels: Grades) -> Case:
    rows = vertebrae_of(f"case{number}", levels)
    graded = tuple(row for row in rows if row.grade is not None)
    ungraded = tuple(row for row in rows if row.grade is None)
    source = CaseMap(f"case{number}", Path(f"case{number}_fracture.nii.gz"), number % 2)
    return Case(source, f"case{number}", graded, ungraded)


def _patient_scores(cases: list[Case]) -> PatientScores:
    names = tuple(case.patient_id for case in cases)
    fracture = np.array([any(row.grade for row in case.vertebrae) for case in cases])
    scores = np.tile(fracture[:, None] * 1.0, len(SETTINGS.noise_thresholds))
    return PatientScores(names, tuple((name,) for name in names), (0, 1) * (len(names) // 2), fracture, scores)


def _vertebra_scores(cases: list[Case]) -> VertebraScores:
    rows = [row for case in cases for row in case.vertebrae]
    grade = np.array([row.grade for row in rows])
    return VertebraScores(
        case_id=tuple(row.case_id for row in rows),
        patient=np.repeat(np.arange(len(cases)), [len(case.vertebrae) for case in cases]),
        vertebra=tuple(row.vertebra for row in rows),
        grade=grade,
        fracture=grade > 0,
        scores=np.random.default_rng(5).random((len(rows), 2)) + 0.3 * (grade > 0)[:, None],
    )


def _detections(case: Case) -> CaseDetections:
    empty = np.zeros(0)
    fractures = sum(bool(row.grade) for row in case.vertebrae)
    borders = np.full(len(case.vertebrae), 50.0)
    return CaseDetections(case.patient_id, empty, empty.astype(bool), fractures, borders)


def located(number: int, moved: float = 1.0, left_out: tuple[str, ...] = ()) -> LocatedCase:
    """All vertebrae of a case, a little off, without those left out."""
    shown = [level for level in CENTROIDS if level not in left_out]
    vertebrae = tuple(
        LocatedVertebra((x, y + moved, z), 0.8, False) for x, y, z in (CENTROIDS[level] for level in shown)
    )
    by_level = dict(zip(CENTROIDS, SCORES[number], strict=True))
    graded = [level for level, grade in GRADES[number].items() if grade is not None]
    return LocatedCase(
        vertebrae, np.array([[by_level[level] for level in shown]]), np.array([[by_level[level] for level in graded]])
    )


def run(cases: list[LocatedCase]) -> OwnCentres:
    members, scores, detections = cohort()
    weights = draw_replicates(scores.patients, SETTINGS)
    return analyse_own_centres(members, cases, scores, detections, weights, SETTINGS)


def own_scores(own: OwnCentres) -> FloatArray:
    return own.vertebrae.scores[:, 0]


def test_scores_at_located_centres_make_the_auc() -> None:
    own = run([located(number) for number in range(4)])
    np.testing.assert_allclose(own_scores(own), [0.1, 0.9, 0.2, 0.1, 0.3, 0.2, 0.1, 0.8, 0.7, 0.05, 0.1])
    np.testing.assert_array_equal(own.vertebrae.scores, own.annotated.scores)
    assert own.auc == own.annotated_auc == pytest.approx(roc_auc_score(own.vertebrae.fracture, own_scores(own)))
    assert own.to_annotated is not None
    # Four patients are too few for an interval.
    assert (own.to_annotated.difference, own.to_annotated.ci95, own.to_annotated.p) == (0, None, None)
    assert own.to_noised is not None
    assert own.to_noised.second == pytest.approx(
        np.mean([roc_auc_score(own.vertebrae.fracture, draw) for draw in cohort()[1].vertebrae.scores.T])
    )
    assert own.bootstrap is not None
    assert own.bootstrap.ci95 is None
    assert own.bootstrap.areas.min() <= (own.auc or 0) <= own.bootstrap.areas.max()


def test_a_vertebra_that_was_not_found_scores_zero() -> None:
    """The fracture of the first case then has the lowest score of all."""
    own = run([located(0, left_out=("L1",)), *(located(number) for number in range(1, 4))])
    assert own_scores(own)[1] == 0
    assert own.auc == pytest.approx(roc_auc_score(own.vertebrae.fracture, own_scores(own)))
    assert own.to_annotated is not None
    assert own.to_annotated.difference < -0.2
    assert own.metrics.missed == 1
    assert own.froc is not None
    assert own.froc.fractures == 3
    assert own.froc.sensitivity[-1] == pytest.approx(2 / 3)


def test_an_inserted_vertebra_is_scored_but_not_found() -> None:
    first = located(0)
    changed = tuple(replace(one, inserted=number == 1) for number, one in enumerate(first.vertebrae))
    own = run([replace(first, vertebrae=changed), *(located(number) for number in range(1, 4))])
    assert own_scores(own)[1] == 0.9
    assert (own.metrics.inserted_at_vertebra, own.metrics.detected.total) == (1, 11)


def test_free_response_counts_what_is_known() -> None:
    """The vertebra without a grade in the second case is neither a hit nor a false positive."""
    own = run([located(number) for number in range(4)])
    assert own.froc is not None
    assert (own.froc.findings, own.froc.fractures, own.froc.scans) == (11, 3, 4)
    assert own.froc.sensitivity[-1] == 1
    assert own.froc.false_positives_per_scan[-1] == pytest.approx(8 / 4)
    # The three fractures have the three highest scores.
    assert own.froc.at_rates.tolist() == [1.0] * 7


def test_vertebrae_beyond_the_annotated_span_are_counted_apart() -> None:
    """A false one in the span, one at the ungraded vertebra, and one far above."""
    cases = [located(number) for number in range(4)]
    more = (
        LocatedVertebra((0.0, 40.0, 10.0), 0.5, False),
        LocatedVertebra((0.0, 8.0, -20.0), 0.5, False),
        LocatedVertebra((0.0, 0.0, 90.0), 0.5, False),
    )
    cases[1] = replace(
        cases[1],
        vertebrae=(*cases[1].vertebrae, *more),
        scores=np.append(cases[1].scores, [[0.95, 0.96, 0.97]], axis=1),
    )
    own = run(cases)
    assert own.matches[1].match.tolist() == [0, 1, 2]
    assert own.matches[1].owner.tolist()[3:] == [UNMATCHED] * 3
    assert own.froc is not None
    assert own.froc_in_span is not None
    assert (own.froc.findings, own.froc_in_span.findings) == (13, 12)
    assert own.froc.false_positives_per_scan[-1] == pytest.approx(10 / 4)
    assert own.froc_in_span.false_positives_per_scan[-1] == pytest.approx(9 / 4)
    assert (own.metrics.false.total, own.metrics.beyond) == (2, 1)


def test_each_fold_keeps_the_side_of_its_cube() -> None:
    """The located vertebrae of a fold are scored with the side that was chosen for it."""
    members, scores, detections = cohort()
    settings = replace(SETTINGS, cube_side="auto", cube_candidates=(5, 10))
    cases = [
        replace(
            case,
            scores=np.vstack([case.scores, case.scores / 2]),
            annotated_scores=np.vstack([case.annotated_scores] * 2),
        )
        for case in map(located, range(4))
    ]
    # The patients outside each fold have both outcomes, as the choice needs.
    patients = replace(scores.patients, fracture=np.array([True, False, False, True]))
    chosen = replace(scores, patients=patients, cube=CubeChoice({0: 10, 1: 5}, {5: 0.9, 10: 0.9}))
    weights = draw_replicates(scores.patients, SETTINGS)
    own = analyse_own_centres(members, cases, chosen, detections, weights, settings)
    whole = run([located(number) for number in range(4)])
    share = np.where(np.array([0, 1, 0, 1])[own.vertebrae.patient] == 0, 0.5, 1.0)
    np.testing.assert_allclose(own_scores(own), share * own_scores(whole))


def test_names_change_no_score() -> None:
    """Three vertebrae 20 mm apart fit many levels: none is named, and the localisation counts them all the same."""
    own = run([located(number) for number in range(4)])
    assert (own.names.metrics.named.total, own.names.metrics.named.count) == (0, 12)
    assert own.names.metrics.identified.estimate == 0
    assert (own.metrics.detected.estimate, own.metrics.recall.estimate) == (1, 1)


@pytest.mark.parametrize("grade", [0, 2])
def test_one_class_only_has_no_curve(grade: int) -> None:
    grades: list[Grades] = [{"T12": grade}, {"T12": grade}]
    members, scores, detections = cohort(grades)
    cases = [LocatedCase((LocatedVertebra(CENTROIDS["T12"], 0.8, False),), np.array([[0.5]]), np.array([[0.5]]))] * 2
    weights = draw_replicates(scores.patients, SETTINGS)
    own = analyse_own_centres(members, cases, scores, detections, weights, SETTINGS)
    assert [own.auc, own.annotated_auc, own.bootstrap, own.to_annotated, own.to_noised] == [None] * 5
    assert (own.froc is None) == (grade == 0)
    assert own.metrics.detected.estimate == 1


def test_more_vertebrae_found_never_lower_the_detection_rate() -> None:
    rates = []
    for left_out in (("T12", "L1", "L2"), ("T12", "L1"), ("T12",), ()):
        rates.append(run([located(0, left_out=left_out), *map(located, range(1, 4))]).metrics.detected.estimate or 0)
    assert all(fewer < more for fewer, more in pairwise(rates))
