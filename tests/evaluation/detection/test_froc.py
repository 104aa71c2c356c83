import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.detection.detections import CaseDetections
from evaluation.detection.froc import FALSE_POSITIVE_RATES, Froc, froc
from evaluation.statistics.bootstrap import draw_patients
from evaluation.statistics.scores import PatientScores


def case_of(case_id: str, findings: list[tuple[float, bool]], fractures: int) -> CaseDetections:
    findings = sorted(findings, reverse=True)
    score = np.array([score for score, _ in findings])
    return CaseDetections(case_id, score, np.array([hit for _, hit in findings], bool), fractures, np.array([50.0]))


def patients_of(cases: list[CaseDetections]) -> PatientScores:
    names = tuple(case.case_id for case in cases)
    fracture = np.array([case.fractures > 0 for case in cases])
    return PatientScores(names, tuple((n,) for n in names), (None,) * len(names), fracture, fracture[:, None] * 1.0)


def some(curve: Froc | None) -> Froc:
    assert curve is not None
    return curve


def curve_of(cases: list[CaseDetections], replicates: int = 50) -> Froc:
    patients = patients_of(cases)
    return some(froc(cases, patients, draw_patients(patients.patient_id, patients.fracture, replicates, 1)))


COHORT = [
    case_of("a", [(0.9, True), (0.8, False), (0.4, True)], 3),
    case_of("b", [(0.7, True)], 1),
    case_of("c", [(0.85, False)], 0),
    case_of("d", [], 0),
]


def test_counted_by_hand() -> None:
    curve = curve_of(COHORT)
    np.testing.assert_allclose(curve.false_positives_per_scan, [0, 0, 0.25, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(curve.sensitivity, [0, 0.25, 0.25, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(curve.at_rates, [0.25, 0.25, 0.75, 0.75, 0.75, 0.75, 0.75])
    assert curve.mean == pytest.approx((2 * 0.25 + 5 * 0.75) / 7)
    assert (curve.fractures, curve.scans, curve.findings) == (4, 4, 5)


def test_nothing_found_and_nothing_to_find() -> None:
    nothing = curve_of([case_of("a", [], 2), case_of("b", [], 0)])
    assert nothing.at_rates.tolist() == [0.0] * len(FALSE_POSITIVE_RATES)
    without_fracture = [case_of("a", [(0.9, False)], 0)]
    assert froc(without_fracture, patients_of(without_fracture), np.ones((2, 1), dtype=np.int64)) is None


def test_false_positives_of_equal_score_are_counted_together() -> None:
    curve = curve_of([case_of("a", [(0.9, True), (0.9, False)], 1)])
    np.testing.assert_allclose(curve.false_positives_per_scan, [0, 1])
    assert curve.at_rates.tolist() == [0, 0, 0, 1, 1, 1, 1]


findings = st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.6, 0.9]), st.booleans()), max_size=5)


@given(st.lists(st.tuples(findings, st.integers(0, 2)), min_size=1, max_size=6))
def test_equals_counting_at_every_threshold(cohort: list[tuple[list[tuple[float, bool]], int]]) -> None:
    cases = [
        case_of(str(number), found, missed + sum(hit for _, hit in found))
        for number, (found, missed) in enumerate(cohort)
    ]
    total = sum(case.fractures for case in cases)
    if total == 0:
        assert froc(cases, patients_of(cases), np.ones((3, len(cases)), dtype=np.int64)) is None
        return
    curve = curve_of(cases, replicates=3)
    thresholds = [np.inf, *sorted(set(np.concatenate([case.score for case in cases])), reverse=True)]
    points = zip(thresholds, curve.false_positives_per_scan, curve.sensitivity, strict=True)
    for threshold, rate, sensitivity in points:
        above = [hit for case in cases for one, hit in zip(case.score, case.hit, strict=True) if one >= threshold]
        assert sensitivity == pytest.approx(sum(above) / total)
        assert rate == pytest.approx((len(above) - sum(above)) / len(cases))


def test_interval_is_that_of_cohorts_drawn_one_by_one() -> None:
    patients = patients_of(COHORT)
    weights = draw_patients(patients.patient_id, patients.fracture, 40, 1)
    curve = some(froc(COHORT, patients, weights))
    replicates = []
    for row in weights:
        drawn = [case for case, count in zip(COHORT, row, strict=True) for _ in range(count)]
        named = [
            CaseDetections(str(number), case.score, case.hit, case.fractures, case.border_distance)
            for number, case in enumerate(drawn)
        ]
        replicates.append(curve_of(named, replicates=2).at_rates)
    assert curve.ci95 is not None
    np.testing.assert_allclose(curve.ci95, np.percentile(replicates, (2.5, 97.5), axis=0))


def test_cases_of_a_patient_are_drawn_together() -> None:
    cases = [case_of(name, [(0.9, True)] if name in "ac" else [], 1) for name in "abcd"]
    patients = PatientScores(
        ("p", "q"), (("a", "b"), ("c", "d")), (None, None), np.array([True, True]), np.array([[1.0], [1.0]])
    )
    curve = some(froc(cases, patients, np.array([[2, 0], [0, 2], [1, 1]])))
    assert curve.ci95 is not None
    assert curve.ci95.tolist() == [[0.5] * 7] * 2
    assert curve.scans == 4


def test_a_single_patient_with_fractures_has_no_interval() -> None:
    cases = [case_of("a", [(0.9, True)], 1), case_of("b", [], 0)]
    patients = PatientScores(
        ("p", "q"), (("a",), ("b",)), (None, None), np.array([True, False]), np.array([[1.0], [0.0]])
    )
    curve = some(froc(cases, patients, np.ones((5, 2), dtype=np.int64)))
    assert curve.mean == 1
    assert (curve.ci95, curve.mean_ci95, curve.band) == (None, None, None)
