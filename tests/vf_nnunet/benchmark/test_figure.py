"""The figure shows values, intervals and names."""

from pathlib import Path

import numpy as np
import pytest

from vf_nnunet.benchmark.accuracy import Record
from vf_nnunet.benchmark.figure import PANELS, draw_benchmark, save_benchmark_figure

RECORDS: dict[str, Record] = {
    "vf_nnunet": {
        "patients": {"auc_hull": 0.91, "auc_hull_ci95": [0.8, 0.97]},
        "vertebrae": {"auc": 0.9, "auc_ci95": [0.85, 0.95]},
    },
    "nnU-Net": {
        "patients": {
            "auc_hull": 0.86,
            "auc_hull_ci95": [0.7, 0.95],
            "vf_nnunet_minus_this_hull": 0.05,
            "vf_nnunet_minus_this_hull_ci95": [-0.02, 0.12],
        },
        "vertebrae": {"auc": None, "auc_ci95": None},
    },
}


def points(records: dict[str, Record], panel: int) -> list[tuple[float, float]]:
    """(value, row) of each marker of a panel."""
    axes = draw_benchmark(records).axes[panel]
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    return [(float(np.ravel(mark.get_xdata())[0]), float(np.ravel(mark.get_ydata())[0])) for mark in marks]


def test_each_value_is_in_its_panel_and_row() -> None:
    assert points(RECORDS, 0) == [(0.91, 0), (0.86, 1)]
    assert points(RECORDS, 1) == [(0.05, 1)]
    assert points(RECORDS, 2) == [(0.9, 0)]
    assert points(RECORDS, 3) == []


def test_intervals_are_drawn_whole() -> None:
    axes = draw_benchmark(RECORDS).axes[0]
    assert [
        np.ravel(line.get_xdata()).tolist() for line in axes.lines if line.get_linewidth() == pytest.approx(1.6)
    ] == [
        [0.8, 0.97],
        [0.7, 0.95],
    ]


def test_panels_name_measures_and_rows() -> None:
    figure = draw_benchmark(RECORDS)
    assert [axes.get_title() for axes in figure.axes] == [panel.title for panel in PANELS]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["vf_nnunet", "nnU-Net"]


def test_the_figure_is_written_twice(tmp_path: Path) -> None:
    save_benchmark_figure(RECORDS, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["benchmark.png", "benchmark.svg"]
