from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from evaluation.analysis.curves import PatientAnalysis, VertebraAnalysis, analyse
from evaluation.report.published import PATIENT_POINTS
from evaluation.report.roc_figures import draw_hull, draw_patient_roc, draw_vertebra_roc
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores

SETTINGS = EvaluationSettings(noise_thresholds=(1, 8), reference_noise_threshold=8, bootstrap_replicates=20)


@pytest.fixture(scope="module")
def analysis() -> tuple[PatientAnalysis, VertebraAnalysis]:
    generator = np.random.default_rng(0)
    fracture = np.arange(20) % 2 == 0
    names = tuple(f"p{number:02d}" for number in range(20))
    larger = 0.4 * fracture + 0.6 * generator.random(20)
    patients = PatientScores(
        names, tuple((name,) for name in names), (None,) * 20, fracture, np.stack([larger, larger * 0.7], axis=1)
    )
    vertebrae = VertebraScores(
        names,
        np.arange(20),
        ("L1",) * 20,
        fracture.astype(int),
        fracture,
        0.3 * fracture[:, None] + generator.random((20, 2)) * 0.7,
    )
    found = analyse(CohortScores(patients, vertebrae), draw_replicates(patients, SETTINGS), SETTINGS)
    assert found.patient is not None
    assert found.vertebra is not None
    return found.patient, found.vertebra


@pytest.fixture(scope="module")
def patient(analysis: tuple[PatientAnalysis, VertebraAnalysis]) -> PatientAnalysis:
    return analysis[0]


@pytest.fixture(scope="module")
def vertebra(analysis: tuple[PatientAnalysis, VertebraAnalysis]) -> VertebraAnalysis:
    return analysis[1]


def labels_of(figure: Figure) -> list[str]:
    _, labels = figure.axes[0].get_legend_handles_labels()
    return [str(label) for label in labels]


def test_patient_figure_holds_curve_operating_point_and_warning(patient: PatientAnalysis) -> None:
    figure = draw_patient_roc(patient, SETTINGS)
    labels = labels_of(figure)
    assert f"convex hull, AUC {patient.hull.auc:.3f}" in labels
    assert "operating point (Youden)" in labels
    assert any("not a ranking" in label for label in labels)
    for point in PATIENT_POINTS:
        assert any(label.startswith(point.work) for label in labels)
    diamonds = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    (place,) = [np.asarray(line.get_xydata())[0] for line in diamonds]
    youden = patient.operating_points["youden"]
    assert youden.specificity.estimate is not None
    assert youden.sensitivity.estimate is not None
    np.testing.assert_allclose(place, [1 - youden.specificity.estimate, youden.sensitivity.estimate])


def test_hull_names_the_thresholds_of_every_corner(patient: PatientAnalysis) -> None:
    hull = patient.hull
    labels = labels_of(draw_hull(patient, SETTINGS))
    reached = [label for label in labels if label.startswith("p ≥")]
    assert len(reached) == np.isfinite(hull.probability_threshold).sum()
    for p, n in zip(hull.probability_threshold[1:], hull.noise_threshold[1:], strict=True):
        assert any(f"p ≥ {p:.3f}, n ≥ {n}:" in label for label in reached)


def test_vertebra_figure(vertebra: VertebraAnalysis) -> None:
    labels = labels_of(draw_vertebra_roc(vertebra))
    assert f"mean over draws of the localisation error,\nAUC {vertebra.auc:.3f}" in labels
    assert any("0.93 ± 0.01" in label for label in labels)


def test_point_that_does_not_exist_is_not_drawn(patient: PatientAnalysis) -> None:
    youden = patient.operating_points["youden"]
    nothing = replace(youden, specificity=replace(youden.specificity, estimate=None))
    without = replace(patient, operating_points={"youden": nothing})
    assert "operating point (Youden)" not in labels_of(draw_patient_roc(without, SETTINGS))
