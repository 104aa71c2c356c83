"""Drawn scores of a small cohort in three folds."""

import numpy as np

from evaluation.analysis.curves import Analysis, PatientAnalysis, VertebraAnalysis
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores

PATIENTS, VERTEBRAE, DRAWS = 24, 3, 4
SETTINGS = EvaluationSettings(noise_thresholds=(1, 8, 27), reference_noise_threshold=8, bootstrap_replicates=40)


def cohort(folds: tuple[int | None, ...] = (0, 1, 2)) -> CohortScores:
    """Half of the patients have one fractured vertebra of three; scores overlap."""
    generator = np.random.default_rng(8)
    sick = np.arange(PATIENTS) % 2 == 0
    fracture = np.zeros((PATIENTS, VERTEBRAE), dtype=bool)
    fracture[sick, 1] = True
    names = tuple(f"p{number:02d}" for number in range(PATIENTS))
    return CohortScores(
        PatientScores(
            patient_id=names,
            case_ids=tuple((name,) for name in names),
            fold=tuple(folds[number // 2 % len(folds)] for number in range(PATIENTS)),
            fracture=sick,
            scores=0.3 * sick[:, None] + generator.random((PATIENTS, 3)),
        ),
        VertebraScores(
            case_id=tuple(name for name in names for _ in range(VERTEBRAE)),
            patient=np.repeat(np.arange(PATIENTS), VERTEBRAE),
            vertebra=("T12", "L1", "L2") * PATIENTS,
            grade=2 * fracture.ravel().astype(np.int64),
            fracture=fracture.ravel(),
            scores=0.4 * fracture.reshape(-1, 1) + generator.random((PATIENTS * VERTEBRAE, DRAWS)),
        ),
    )


SCORES = cohort()
WEIGHTS = draw_replicates(SCORES.patients, SETTINGS)


def both(analysis: Analysis) -> tuple[PatientAnalysis, VertebraAnalysis]:
    assert analysis.patient is not None
    assert analysis.vertebra is not None
    return analysis.patient, analysis.vertebra
