import numpy as np
import pytest

from evaluation.analysis.curves import analyse
from evaluation.report.own_centres_figures import draw_localisation, draw_own_froc, draw_own_roc
from evaluation.statistics.bootstrap import draw_replicates
from tests.evaluation.analysis.test_own_centres import SETTINGS, cohort, located, run


def test_distances_are_shown_of_all_annotated_vertebrae() -> None:
    own = run([located(0, left_out=("L1",)), *map(located, range(1, 4))])
    (axes,) = draw_localisation(own, SETTINGS).axes
    labels = axes.get_legend_handles_labels()[1]
    assert labels == ["11 of 12 vertebrae found", "mean distance 1.0 mm", "91.7% within 10 mm"]
    curve = next(line for line in axes.lines if line.get_drawstyle() == "steps-post")
    assert np.asarray(curve.get_xydata())[-1].tolist() == [20, pytest.approx(11 / 12)]


def test_nothing_found_has_no_mean_distance() -> None:
    own = run([located(number, left_out=("T12", "L1", "L2")) for number in range(4)])
    (axes,) = draw_localisation(own, SETTINGS).axes
    assert axes.get_legend_handles_labels()[1] == ["0 of 12 vertebrae found", "0.0% within 10 mm"]


def test_the_three_sources_of_centres_are_compared() -> None:
    own = run([located(0, left_out=("L1",)), *map(located, range(1, 4))])
    scores = cohort()[1]
    vertebra = analyse(scores, draw_replicates(scores.patients, SETTINGS), SETTINGS).vertebra
    assert vertebra is not None
    (axes,) = draw_own_roc(own, vertebra).axes
    labels = axes.get_legend_handles_labels()[1]
    assert labels[-3:] == [
        f"located in the maps, AUC {own.auc:.3f}",
        f"annotated, AUC {own.annotated_auc:.3f}",
        f"annotated, with a localisation error,\nAUC {vertebra.auc:.3f}",
    ]
    assert len(axes.lines) == 4


def test_free_response_names_the_located_vertebrae() -> None:
    own = run([located(number) for number in range(4)])
    assert own.froc is not None
    (axes,) = draw_own_froc(own.froc).axes
    assert axes.get_title() == "Vertebrae located in the maps"
    assert "11 located vertebrae in 4 scans,\n3 fractured vertebrae" in axes.get_legend_handles_labels()[1]
