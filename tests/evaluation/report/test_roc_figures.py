from dataclasses import replace

import numpy as np
import pytest

from evaluation.analysis.curves import Analysis, analyse
from evaluation.report.published import PATIENT_POINTS
from evaluation.report.roc_figures import draw_hull, draw_patient_roc, draw_vertebra_roc
from evaluation.settings import EvaluationSettings
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores

SETTINGS = EvaluationSettings(noise_thresholds=(1, 8), reference_noise_threshold=8, bootstrap_replicates=20)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
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
    return analyse(CohortScores(patients, vertebrae), SETTINGS)


def labels_of(figure) -> list[str]:
    return figure.axes[0].get_legend_handles_labels()[1]


def test_patient_figure_holds_curve_operating_point_and_warning(analysis: Analysis) -> None:
    figure = draw_patient_roc(analysis.patient, SETTINGS)
    labels = labels_of(figure)
    assert f"convex hull, AUC {analysis.patient.hull.auc:.3f}" in labels
    assert "operating point (Youden)" in labels
    assert any("no ranking" in label for label in labels)
    for point in PATIENT_POINTS:
        assert any(label.startswith(point.work) for label in labels)
    diamonds = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    (place,) = [line.get_xydata()[0] for line in diamonds]
    youden = analysis.patient.operating_points["youden"]
    np.testing.assert_allclose(place, [1 - youden.specificity.estimate, youden.sensitivity.estimate])


def test_hull_names_the_thresholds_of_every_corner(analysis: Analysis) -> None:
    hull = analysis.patient.hull
    labels = labels_of(draw_hull(analysis.patient, SETTINGS))
    reached = [label for label in labels if label.startswith("p ≥")]
    assert len(reached) == np.isfinite(hull.probability_threshold).sum()
    for p, n in zip(hull.probability_threshold[1:], hull.noise_threshold[1:], strict=True):
        assert any(f"p ≥ {p:.3f}, n ≥ {n}:" in label for label in reached)


def test_vertebra_figure(analysis: Analysis) -> None:
    labels = labels_of(draw_vertebra_roc(analysis.vertebra))
    assert f"mean over draws of the centroid, AUC {analysis.vertebra.auc:.3f}" in labels
    assert any("0.93 ± 0.01" in label for label in labels)


def test_point_that_does_not_exist_is_not_drawn(analysis: Analysis) -> None:
    youden = analysis.patient.operating_points["youden"]
    nothing = replace(youden, specificity=replace(youden.specificity, estimate=None))
    without = replace(analysis.patient, operating_points={"youden": nothing})
    assert "operating point (Youden)" not in labels_of(draw_patient_roc(without, SETTINGS))
