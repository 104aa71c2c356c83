"""Whether 95% intervals hold the truth in 95% of simulated cohorts, at the paper's size and with 40 patients.

`python -m benchmarks.intervals` prints the whole table; the designs here are those at its edges. A share of 1000
cohorts has a standard error of 0.7%.
"""

import numpy as np
import pytest

from benchmarks.intervals import (
    Design,
    Simulation,
    clustered_noise,
    draw,
    generator_of,
    measure,
    outcomes,
    patient_difference,
    patient_hull,
    patient_level,
    patient_nested,
    percentiles,
    shaped,
    vertebra_difference,
    vertebra_level,
    vertebrae,
)
from evaluation.statistics.bootstrap import bootstrap_draws

PAPER, FORTY = (79, 11), (30, 10)


@pytest.mark.slow
@pytest.mark.parametrize("size", [PAPER, FORTY])
@pytest.mark.parametrize("shape", ["binormal", "wide", "skewed", "missed", "floor"])
@pytest.mark.parametrize("auc", [0.75, 0.85, 0.93, 0.97])
def test_patient_level(size: tuple[int, int], shape: str, auc: float) -> None:
    """With 10 patients of a class and an AUC of 0.97, the scores of one cohort in eight are separated: 98% hold."""
    held = measure(patient_level, Design(auc, *size, shape), cohorts=1000).held
    assert 0.92 <= held <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("size", [PAPER, FORTY])
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("auc", [0.75, 0.85, 0.93, 0.97])
def test_vertebra_level(size: tuple[int, int], correlation: float, auc: float) -> None:
    held = measure(vertebra_level, Design(auc, *size, correlation=correlation), cohorts=1000).held
    assert 0.92 <= held <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("simulation", [patient_difference, vertebra_difference])
@pytest.mark.parametrize("size", [PAPER, FORTY])
@pytest.mark.parametrize("aucs", [(0.85, 0.85), (0.93, 0.85), (0.97, 0.85)])
def test_differences(simulation: Simulation, size: tuple[int, int], aucs: tuple[float, float]) -> None:
    held = measure(simulation, Design(aucs[0], *size, other_auc=aucs[1]), cohorts=500).held
    assert 0.92 <= held <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("simulation", [patient_hull, patient_nested])
@pytest.mark.parametrize("auc", [0.85, 0.93])
def test_hull_and_nested_auc_of_a_cohort_of_this_size(simulation: Simulation, auc: float) -> None:
    held = measure(simulation, Design(auc, *PAPER), cohorts=400).held
    assert 0.91 <= held <= 0.99


@pytest.mark.slow
def test_percentiles_are_too_narrow_at_the_papers_size() -> None:
    found = measure(patient_level, Design(0.93, *PAPER), cohorts=400, bootstrapped=400)
    assert found.percentiles_held < 0.9
    assert found.held > found.percentiles_held + 0.03


@pytest.mark.slow
def test_resampling_single_vertebrae_is_too_narrow() -> None:
    design, held = Design(0.85, 90, 90, correlation=0.6), 0
    truth = measure(vertebra_level, design, cohorts=200).truth
    for seed in range(200):
        generator = generator_of(seed)
        unit, fracture = vertebrae(design, generator)
        noise = clustered_noise(design.correlation, unit, fracture, generator)
        scores = shaped(design.shape, design.auc, fracture, noise, generator)[:, None]
        interval = percentiles([bootstrap_draws(fracture, scores, draw(fracture, seed)).areas])
        assert interval is not None
        held += interval[0] <= truth <= interval[1]
    assert held / 200 < 0.9


def test_cohorts_are_like_the_papers() -> None:
    """About 969 vertebrae, 184 of them fractured, in 79 of 90 patients."""
    design = Design(0.93)
    drawn = [vertebrae(design, generator_of(seed)) for seed in range(40)]
    assert np.mean([unit.size for unit, _ in drawn]) == pytest.approx(969, rel=0.05)
    assert np.mean([fracture.sum() for _, fracture in drawn]) == pytest.approx(184, rel=0.05)
    assert all(np.unique(unit[fracture]).size == 79 for unit, fracture in drawn)


@pytest.mark.parametrize("shape", ["binormal", "wide", "skewed", "missed"])
def test_scores_have_the_auc_of_the_design(shape: str) -> None:
    for auc in (0.75, 0.97):
        assert measure(patient_level, Design(auc, 200, 200, shape), cohorts=30).truth == pytest.approx(auc, abs=0.01)


def test_noise_has_the_correlation_of_the_design() -> None:
    unit = np.repeat(np.arange(20000), 2)
    fracture = np.zeros(unit.size, dtype=bool)
    noise = clustered_noise(0.6, unit, fracture, generator_of(0)).reshape(-1, 2)
    assert np.corrcoef(noise.T)[0, 1] == pytest.approx(0.6, abs=0.02)
    assert noise.std() == pytest.approx(1, abs=0.02)
    assert outcomes(Design(0.9)).sum() == 79
