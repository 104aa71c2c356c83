import numpy as np
from matplotlib.axes import Axes

from evaluation.report.score_figures import draw_calibration, draw_scores_by_grade
from evaluation.statistics.calibration import calibrate
from evaluation.statistics.scores import VertebraScores

VERTEBRAE = VertebraScores(
    case_id=("a",) * 6,
    patient=np.zeros(6, dtype=np.int64),
    vertebra=("T10", "T11", "T12", "L1", "L2", "L3"),
    grade=np.array([0, 0, 0, 1, 1, 3]),
    fracture=np.array([False, False, False, True, True, True]),
    scores=np.array([[0.0, 0.2], [0.2, 0.2], [0.5, 0.3], [0.6, 0.6], [0.8, 1.0], [0.9, 0.9]]),
)


def dots_of(axes: Axes) -> dict[int, list[float]]:
    dots = [np.asarray(line.get_data()) for line in axes.lines if line.get_marker() == "."]
    return {round(float(x.mean())): sorted(y.round(6)) for x, y in dots}


def test_a_dot_for_every_vertebra_above_its_grade() -> None:
    (axes,) = draw_scores_by_grade(VERTEBRAE, 0.45).axes
    assert dots_of(axes) == {0: [0.1, 0.2, 0.4], 1: [0.6, 0.9], 2: [0.9]}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0\nn = 3", "1\nn = 2", "3\nn = 1"]
    assert [text.get_text() for text in axes.texts] == ["operating point 0.450"]


def test_threshold_that_nothing_reaches_is_not_drawn() -> None:
    for threshold in (None, np.inf):
        assert not draw_scores_by_grade(VERTEBRAE, threshold).axes[0].texts


def test_reliability_of_each_level_in_its_own_panel() -> None:
    weights = np.ones((3, 6), dtype=np.int64)
    calibration = calibrate(VERTEBRAE.fracture, VERTEBRAE.scores.mean(axis=1), weights, 2)
    figure = draw_calibration({"patient": calibration, "vertebra": calibration})
    assert [axes.get_title().split("\n")[0] for axes in figure.axes] == ["Patient level", "Vertebra level"]
    curve = figure.axes[0].lines[-1]
    np.testing.assert_allclose(np.asarray(curve.get_data()), np.stack([calibration.mean_score, [0.0, 1.0]]))
