import numpy as np
from matplotlib import colormaps

from evaluation.report.overlay import STYLE, blend, colour_stops


def test_improbable_voxels_show_the_ct_alone() -> None:
    hounsfield = np.array([[-300.0, 450.0, 1200.0, 5000.0]])
    pixels = blend(hounsfield, np.array([[0.0, 0.049, 0.0, 0.01]]))
    np.testing.assert_array_equal(pixels[0, :, 0], [0, 128, 255, 255])
    assert np.all(pixels == pixels[..., :1])


def test_blue_below_and_red_above() -> None:
    low, high = blend(np.full((1, 2), 0.0), np.array([[0.06, 1.0]]))[0].astype(int)
    assert low[2] > low[0] + 40
    assert high[0] > high[2] + 40


def test_place_without_ct_is_dark_and_still_has_its_probability() -> None:
    empty, marked = blend(np.full((1, 2), np.nan), np.array([[0.0, 1.0]]))[0]
    np.testing.assert_array_equal(empty, np.rint(255 * STYLE.without_ct))
    assert marked[0] > empty[0]


def test_stops_run_over_the_whole_scale() -> None:
    stops = colour_stops(5)
    assert len(stops) == 5
    for stop, place in zip(stops, np.linspace(0, 1, 5), strict=True):
        np.testing.assert_allclose(stop, 255 * np.array(colormaps[STYLE.colours](place)[:3]), atol=0.5)


def test_the_colours_are_those_of_the_scale_that_is_named() -> None:
    probability = np.linspace(0.05, 1, 2000)[None]
    expected = 255 * (0.5 * colormaps[STYLE.colours](probability)[..., :3] + 0.5 * 0.2)
    np.testing.assert_allclose(blend(np.full(probability.shape, 0.0), probability), expected, atol=0.51)
