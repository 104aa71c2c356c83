import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.localisation.peaks import Peaks, find_peaks, smooth
from evaluation.localisation.settings import LocalisationSettings
from evaluation.maps.probability_map import ProbabilityMap
from tests.evaluation.localisation.conftest import affine_of, blob_map, rotated

SETTINGS = LocalisationSettings()


def peaks_of(vertebra_map: ProbabilityMap, chosen: LocalisationSettings = SETTINGS) -> Peaks:
    smoothed = smooth(vertebra_map, chosen)
    assert smoothed is not None
    return find_peaks(smoothed, chosen)


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[st.floats(28, 32)] * 3))
def test_position_is_found_within_a_tenth_of_a_voxel(centre: tuple[float, float, float]) -> None:
    peaks = peaks_of(blob_map([centre], (60, 60, 60), affine_of((1.0, 1.0, 1.0))))
    np.testing.assert_allclose(peaks.position, [centre], atol=0.1)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 2.5), (3.0, 3.0, 3.0), (0.4, 1.6, 5.0)])
@pytest.mark.parametrize("degrees", [(0.0, 0.0), (20.0, -35.0)])
def test_spacing_and_obliquity_do_not_move_a_peak(spacing: tuple[float, ...], degrees: tuple[float, float]) -> None:
    affine = rotated(affine_of(spacing, (-13.0, 41.0, -270.0)), degrees)
    x, y, z = (int(90 / side) for side in spacing)
    empty = ProbabilityMap(np.zeros((z, y, x), np.uint16), affine)
    centre = empty.index_to_world([[z / 2 + 0.3, y / 2 - 0.2, x / 2 + 0.1]])
    peaks = peaks_of(blob_map(centre, (z, y, x), affine))
    np.testing.assert_allclose(peaks.position, centre, atol=0.35)


def test_height_is_the_smoothed_probability() -> None:
    (height,) = peaks_of(blob_map([(40, 40, 40)], (81, 81, 81), affine_of((1.0, 1.0, 1.0)), 0.8)).height
    # Convolution of two Gaussians: each axis widens from s to sqrt(s^2 + 25).
    expected = 0.8 * (8 / np.hypot(8, 5)) ** 2 * (6 / np.hypot(6, 5))
    assert height == pytest.approx(expected, rel=0.05)


def test_peaks_come_from_the_top_down() -> None:
    centres = [(30, 30, 20), (30, 30, 100), (30, 30, 60)]
    peaks = peaks_of(blob_map(centres, (120, 60, 60), affine_of((1.0, 1.0, 1.0)), [0.9, 0.5, 0.7]))
    np.testing.assert_allclose(peaks.position[:, 2], [100, 60, 20], atol=0.2)
    assert np.argsort(peaks.height).tolist() == [0, 1, 2]


def test_only_the_highest_peaks_are_kept() -> None:
    centres = [(30, 30, 20), (30, 30, 100), (30, 30, 60)]
    vertebra_map = blob_map(centres, (120, 60, 60), affine_of((1.0, 1.0, 1.0)), [0.9, 0.5, 0.7])
    peaks = peaks_of(vertebra_map, LocalisationSettings(most_peaks=2))
    np.testing.assert_allclose(peaks.position[:, 2], [60, 20], atol=0.2)


@pytest.mark.parametrize("centre", [(2.0, 30.0, 30.0), (30.0, 58.0, 30.0), (30.0, 30.0, 1.0)])
def test_a_vertebra_at_the_border_is_found(centre: tuple[float, float, float]) -> None:
    peaks = peaks_of(blob_map([centre], (60, 60, 60), affine_of((1.0, 1.0, 1.0))))
    assert np.linalg.norm(peaks.position - centre) < 4.0


@pytest.mark.parametrize("value", [1, 20000, 65535])
def test_a_flat_map_has_no_peaks(value: int) -> None:
    flat = ProbabilityMap(np.full((50, 40, 30), value, np.uint16), affine_of((1.0, 1.0, 1.0)))
    assert len(peaks_of(flat).height) == 0


def test_an_empty_map_is_not_smoothed() -> None:
    assert smooth(ProbabilityMap(np.zeros((5, 6, 7), np.uint16), np.eye(4)), SETTINGS) is None


def test_equal_voxels_are_one_peak_at_their_middle() -> None:
    plateau = np.zeros((60, 60, 60), np.uint16)
    plateau[20:40, 20:40, 20:40] = 65535
    peaks = peaks_of(ProbabilityMap(plateau, affine_of((1.0, 1.0, 1.0))), LocalisationSettings(smoothing=1.0))
    np.testing.assert_allclose(peaks.position, [[29.5] * 3], atol=0.1)


@pytest.mark.parametrize("shape", [(1, 40, 40), (40, 1, 40), (3, 3, 3), (1, 1, 1)])
def test_thin_maps_are_read(shape: tuple[int, int, int]) -> None:
    vertebra_map = blob_map([[side // 2 for side in shape[::-1]]], shape, affine_of((1.0, 1.0, 1.0)))
    assert len(peaks_of(vertebra_map).height) <= 1
