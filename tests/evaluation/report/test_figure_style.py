from pathlib import Path

from matplotlib.figure import Figure

from evaluation.report.figure_style import legend_beside, new_figure, save_figure, square_axes


def drawn() -> Figure:
    figure = new_figure((4.0, 3.0))
    axes = figure.add_subplot()
    square_axes(axes, "title", "x", "y")
    axes.plot([0, 1], [0, 1], label="a line")
    legend_beside(figure, axes, "heading")
    return figure


def test_every_format_is_written_and_is_the_same_again(tmp_path: Path) -> None:
    save_figure(drawn(), tmp_path, "one")
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(first) == {"one.png", "one.svg"}
    save_figure(drawn(), tmp_path, "one")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_figure_that_no_longer_exists_is_removed(tmp_path: Path) -> None:
    save_figure(drawn(), tmp_path, "one")
    save_figure(None, tmp_path, "one")
    assert list(tmp_path.iterdir()) == []


def test_legend_is_beside_the_axes(tmp_path: Path) -> None:
    figure = drawn()
    save_figure(figure, tmp_path, "one")
    (legend,) = figure.legends
    (axes,) = figure.axes
    assert legend.get_window_extent().x0 >= axes.get_window_extent().x1
