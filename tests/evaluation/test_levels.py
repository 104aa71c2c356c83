import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from evaluation.levels import bounding_box, label_components, level_of, levels_of_component, levels_of_total, quantise
from evaluation.settings import Connectivity

STRUCTURES = {
    6: ndimage.generate_binary_structure(3, 1),
    18: ndimage.generate_binary_structure(3, 2),
    26: np.ones((3,) * 3),
}


def scan(levels: np.ndarray, n: int, floor: int, connectivity: int) -> int:
    """The definition: try every level that occurs, label with another library."""
    found = 0
    for level in np.unique(levels[levels >= floor]).tolist():
        labels, _ = ndimage.label(levels >= level, STRUCTURES[connectivity])
        if np.bincount(labels.ravel())[1:].max(initial=0) >= n:
            found = level
    return found


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    distinct=st.sampled_from([2, 5, 60, 65535]),
    connectivity=st.sampled_from([6, 18, 26]),
    floor=st.sampled_from([1, 300, 40000]),
)
def test_component_levels_equal_a_scan_of_all_levels(
    seed: int, shape: tuple[int, int, int], distinct: int, connectivity: Connectivity, floor: int
) -> None:
    generator = np.random.default_rng(seed)
    levels = (generator.integers(0, distinct, shape) * (65535 // (distinct - 1 or 1))).clip(0, 65535).astype(np.uint16)
    voxels = [1, 2, 3, 8, 30, 1000]
    found = levels_of_component(levels, voxels, floor, connectivity)
    expected = [scan(levels, n, floor, connectivity) for n in voxels]
    assert np.where(found >= floor, found, 0).tolist() == expected


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_component_levels_equal_a_scan_on_smooth_maps(seed: int) -> None:
    noise = np.random.default_rng(seed).random((7, 7, 7))
    smooth = ndimage.gaussian_filter(noise, 1.2)
    levels = quantise((smooth - smooth.min()) / np.ptp(smooth))
    voxels = [1, 4, 9, 27, 60]
    found = levels_of_component(levels, voxels, 66, 26)
    assert found.tolist() == [scan(levels, n, 66, 26) for n in voxels]


def test_total_counts_voxels_wherever_they_lie() -> None:
    levels = np.zeros((5, 5, 5), dtype=np.uint16)
    levels[0, 0, 0], levels[4, 4, 4], levels[2, 2, 2] = 500, 400, 400
    assert levels_of_total(levels, [1, 2, 3, 126], 1, 26).tolist() == [500, 400, 400, 0]


def test_connectivity_decides_whether_corners_touch() -> None:
    levels = np.zeros((3, 3, 3), dtype=np.uint16)
    levels[0, 0, 0] = levels[0, 1, 1] = levels[1, 2, 2] = 900
    assert [levels_of_component(levels, [1, 2, 3], 1, c)[1:].tolist() for c in (6, 18, 26)] == [
        [0, 0],
        [900, 0],
        [900, 900],
    ]


def test_map_with_nothing_above_the_floor() -> None:
    levels = bounding_box(np.full((4, 4, 4), 5, dtype=np.uint16), 66)
    assert levels.size == 0
    assert (levels_of_component(levels, [1, 8], 66, 26) < 66).all()


def test_bounding_box_is_tight() -> None:
    levels = np.zeros((6, 7, 8), dtype=np.uint16)
    levels[1, 2, 3] = levels[4, 2, 5] = 10
    assert bounding_box(levels, 10).shape == (4, 1, 3)


@pytest.mark.parametrize("level", [1, 2, 3, 32767, 32768, 65534, 65535])
def test_threshold_of_a_level_names_that_level(level: int) -> None:
    assert level_of(level / 65535) == level
    assert level_of(float(np.float32(level / 65535))) == level
    assert level_of((level - 0.5) / 65535) == level
    assert quantise(np.float32([level / 65535]))[0] == level


def test_every_voxel_is_never_asked_for() -> None:
    assert level_of(0.0) == 1


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("shape", [(7, 1, 1), (1, 7, 1), (1, 1, 7)])
def test_single_row_of_voxels_is_labelled(shape: tuple[int, int, int], connectivity: Connectivity) -> None:
    row = np.array([1, 0, 1, 1, 0, 1, 1], dtype=bool).reshape(shape)
    assert label_components(row, connectivity).ravel().tolist() == [1, 0, 2, 2, 0, 3, 3]
