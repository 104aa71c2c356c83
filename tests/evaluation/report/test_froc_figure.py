import numpy as np

from evaluation.detection.detections import CaseDetections
from evaluation.detection.froc import FALSE_POSITIVE_RATES, froc
from evaluation.report.froc_figure import draw_froc
from evaluation.statistics.scores import PatientScores


def test_curve_is_extended_to_the_right_and_the_rates_are_marked() -> None:
    cases = [CaseDetections("a", np.array([0.9, 0.5]), np.array([True, False]), 2, np.array([50.0]))]
    patients = PatientScores(("a",), (("a",),), (None,), np.array([True]), np.array([[0.9]]))
    found = froc(cases, patients, np.ones((4, 1), dtype=np.int64))
    assert found is not None
    figure = draw_froc(found)
    (axes,) = figure.axes
    curve = next(line for line in axes.lines if line.get_drawstyle() == "steps-post")
    assert np.asarray(curve.get_xydata())[-1].tolist() == [8.0, 0.5]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1/8", "1/4", "1/2", "1", "2", "4", "8"]
    marks = next(line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_allclose(np.asarray(marks.get_xydata()), np.column_stack([FALSE_POSITIVE_RATES, np.full(7, 0.5)]))
    assert any("Burns et al. 2017" in label for label in axes.get_legend_handles_labels()[1])
