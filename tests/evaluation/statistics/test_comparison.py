from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dataset_conversion.spine.errors import InputError
from evaluation.settings import EvaluationSettings
from evaluation.statistics.comparison import AucDifference, Comparison, _delong_difference, compare, compare_vertebrae
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores

PATIENTS, LEVELS = 60, ("T12", "L1", "L2")
SETTINGS = EvaluationSettings(noise_thresholds=(1, 125), bootstrap_replicates=400)


def cohort(skill: float, seed: int, shared: float = 0.0) -> CohortScores:
    """Scores that rise with the fracture by `skill`; `shared` is the part of the noise that all detectors have."""
    vertebra_fracture = np.random.default_rng(99).random((PATIENTS, len(LEVELS))) < 0.25
    fracture = np.asarray(vertebra_fracture.any(axis=1))
    common, own = np.random.default_rng(7), np.random.default_rng(seed)

    def noise(*shape: int) -> np.ndarray:
        return shared * common.normal(size=shape) + (1 - shared) * own.normal(size=shape)

    names = tuple(f"p{number:02d}" for number in range(PATIENTS))
    patients = PatientScores(
        patient_id=names,
        case_ids=tuple((name,) for name in names),
        fold=(None,) * PATIENTS,
        fracture=fracture,
        scores=skill * fracture[:, None] + noise(PATIENTS, 2),
    )
    vertebrae = VertebraScores(
        case_id=tuple(name for name in names for _ in LEVELS),
        patient=np.repeat(np.arange(PATIENTS), len(LEVELS)),
        vertebra=LEVELS * PATIENTS,
        grade=vertebra_fracture.ravel().astype(np.int64),
        fracture=vertebra_fracture.ravel(),
        scores=skill * vertebra_fracture.reshape(-1, 1) + noise(PATIENTS * len(LEVELS), 3),
    )
    return CohortScores(patients, vertebrae)


def difference_of(first: CohortScores, second: CohortScores, settings: EvaluationSettings = SETTINGS) -> Comparison:
    return compare(first, second, settings)


def some(difference: AucDifference | None) -> AucDifference:
    assert difference is not None
    return difference


def test_vertebrae_alone_compare_as_in_the_whole() -> None:
    """Also scores with different numbers of draws."""
    first, second = cohort(1, 0), cohort(0.5, 1)
    assert compare_vertebrae(first.vertebrae, second.vertebrae) == difference_of(first, second).vertebra
    single = replace(second.vertebrae, scores=second.vertebrae.scores[:, :1])
    found = compare_vertebrae(first.vertebrae, single)
    assert found.second == pytest.approx(roc_auc_score(single.fracture, single.scores[:, 0]))


def test_a_detector_does_not_differ_from_itself() -> None:
    same = cohort(1, 0)
    for difference in vars(difference_of(same, same)).values():
        assert difference.difference == 0
        assert difference.first == difference.second
    assert some(difference_of(same, same).patient_hull).p == 1


def test_aucs_are_those_of_each_detector_and_the_clearly_better_one_is_found() -> None:
    good, poor = cohort(4, 0), cohort(0.2, 1)
    found = difference_of(good, poor)
    fracture = good.patients.fracture
    for auc, scores in ((some(found.patient_fixed).first, good), (some(found.patient_fixed).second, poor)):
        assert auc == pytest.approx(roc_auc_score(fracture, scores.patients.scores[:, 1]))
    for auc, scores in ((some(found.vertebra).first, good), (some(found.vertebra).second, poor)):
        draws = [roc_auc_score(good.vertebrae.fracture, draw) for draw in scores.vertebrae.scores.T]
        assert auc == pytest.approx(np.mean(draws))
    for difference in vars(found).values():
        assert difference.difference == pytest.approx(difference.first - difference.second)
        assert 0 < difference.ci95[0] < difference.difference < difference.ci95[1]
        assert difference.p < 0.01


def test_exchanging_the_detectors_changes_the_sign_of_the_difference() -> None:
    there, back = difference_of(cohort(1, 0), cohort(0.5, 1)), difference_of(cohort(0.5, 1), cohort(1, 0))
    for name, difference in vars(there).items():
        other = getattr(back, name)
        assert other.difference == pytest.approx(-difference.difference)
        assert other.ci95 == pytest.approx((-difference.ci95[1], -difference.ci95[0]))
        assert other.p == pytest.approx(difference.p)


def test_pairing_removes_the_noise_that_both_have_in_common() -> None:
    alike = difference_of(cohort(1, 0, shared=0.9), cohort(1, 1, shared=0.9))
    unlike = difference_of(cohort(1, 0), cohort(1, 1))
    for name in ("patient_fixed", "patient_fixed_delong", "vertebra"):
        widths = [np.ptp(getattr(found, name).ci95) for found in (alike, unlike)]
        assert widths[0] < 0.6 * widths[1]


def test_interval_and_delong_agree() -> None:
    found = difference_of(cohort(1, 0), cohort(0.7, 1))
    joined, by_delong = some(found.patient_fixed), some(found.patient_fixed_delong)
    assert joined.ci95 == pytest.approx(by_delong.ci95, abs=0.04)
    assert joined.p == pytest.approx(by_delong.p, abs=0.05)


def test_order_of_the_vertebrae_does_not_matter() -> None:
    first, second = cohort(1, 0), cohort(0.5, 1)
    order = np.random.default_rng(0).permutation(len(second.vertebrae.case_id))
    rows = second.vertebrae
    shuffled = VertebraScores(
        case_id=tuple(rows.case_id[row] for row in order),
        patient=rows.patient[order],
        vertebra=tuple(rows.vertebra[row] for row in order),
        grade=rows.grade[order],
        fracture=rows.fracture[order],
        scores=rows.scores[order],
    )
    assert difference_of(first, replace(second, vertebrae=shuffled)) == difference_of(first, second)


def test_one_class_has_no_difference() -> None:
    both = cohort(1, 0)
    sick = replace(both, patients=replace(both.patients, fracture=np.ones(PATIENTS, dtype=bool)))
    found = difference_of(sick, sick)
    assert found.patient_hull is found.patient_fixed is found.patient_fixed_delong is None
    assert found.vertebra is not None


def test_every_difference_of_the_cohorts_is_named() -> None:
    first, second = cohort(1, 0), cohort(1, 1)
    patients = replace(
        second.patients,
        patient_id=("q", *second.patients.patient_id[1:]),
        fracture=np.append(second.patients.fracture[:-1], ~second.patients.fracture[-1]),
    )
    vertebrae = replace(second.vertebrae, vertebra=(*second.vertebrae.vertebra[:-1], "L5"))
    with pytest.raises(InputError) as caught:
        difference_of(first, CohortScores(patients, vertebrae))
    problems = caught.value.problems
    assert problems[0] == "patient p00: scored by the first detector only; expected by both"
    assert problems[1] == "patient q: scored by the second detector only; expected by both"
    assert problems[2].startswith("patient p59: with")
    assert problems[3] == "vertebra L2 of case p59: scored by the first detector only; expected by both"
    assert problems[4] == "vertebra L5 of case p59: scored by the second detector only; expected by both"
    assert len(problems) == 5


def test_an_interval_stays_within_what_a_difference_can_be() -> None:
    """Few patients, one detector nearly perfect and the other nearly always wrong."""
    fracture = np.array([True] * 3 + [False] * 3)
    good, bad = np.array([3, 2, 1, 1.5, 0, 0]), np.array([0, 0, 1, 0.5, 3, 2])
    found = _delong_difference(fracture, (good, bad))
    assert found.ci95 is not None
    assert found.ci95[0] < found.difference < found.ci95[1] == 1.0
