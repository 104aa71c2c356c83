import cc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from evaluation.maps.quantisation import QuantisedArray, quantise
from evaluation.patient import component_tree
from evaluation.patient.component_tree import peaks_by_component_size
from evaluation.settings import Connectivity

CONNECTIVITIES: list[Connectivity] = [6, 18, 26]


def scan(quantised: QuantisedArray, voxels: list[int], floor: int, connectivity: int) -> list[int]:
    """The definition: label the voxels at or above every grey value that occurs, and measure the largest component."""
    found = [0] * len(voxels)
    for grey_value in np.unique(quantised[quantised >= floor]).tolist():
        labels = cc3d.connected_components((quantised >= grey_value).view(np.uint8), connectivity=connectivity)
        largest = np.bincount(labels.ravel())[1:].max(initial=0)
        found = [grey_value if largest >= n else highest for n, highest in zip(voxels, found, strict=True)]
    return found


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    distinct=st.sampled_from([1, 2, 3, 9, 65535]),
    connectivity=st.sampled_from(CONNECTIVITIES),
    floor=st.sampled_from([1, 300, 40000]),
    voxels=st.lists(st.integers(1, 60), min_size=1, max_size=5, unique=True).map(sorted),
)
def test_equals_labelling_at_every_grey_value(
    seed: int, shape: tuple[int, int, int], distinct: int, connectivity: Connectivity, floor: int, voxels: list[int]
) -> None:
    steps = np.random.default_rng(seed).integers(0, distinct + 1, shape)
    quantised = (steps * (65535 // distinct)).astype(np.uint16)
    assert peaks_by_component_size(quantised, voxels, floor, connectivity).tolist() == scan(
        quantised, voxels, floor, connectivity
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    connectivity=st.sampled_from(CONNECTIVITIES),
    steps=st.sampled_from([4, 20, 65535]),
    first=st.sampled_from([1, 7, 50]),
    largest_tree=st.sampled_from([0, 5, 1000]),
    data=st.data(),
)
def test_equals_labelling_on_smooth_maps_for_any_strides(
    seed: int, connectivity: Connectivity, steps: int, first: int, largest_tree: int, data: st.DataObject
) -> None:
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).random((9, 10, 11)), 1.2)
    quantised = quantise(np.rint(steps * (smooth - smooth.min()) / np.ptp(smooth)) / steps)
    voxels = data.draw(st.sampled_from([[1, 4, 9, 27, 60, 500], [4], [60]]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(component_tree, "FIRST_STRIDE", first)
        patch.setattr(component_tree, "GROWTH", 2)
        patch.setattr(component_tree, "LARGEST_TREE", largest_tree)
        found = peaks_by_component_size(quantised, voxels, 66, connectivity)
    assert found.tolist() == scan(quantised, voxels, 66, connectivity)


def test_connectivity_decides_whether_corners_touch() -> None:
    quantised = np.zeros((3, 3, 3), dtype=np.uint16)
    quantised[0, 0, 0] = quantised[0, 1, 1] = quantised[1, 2, 2] = 900
    found = {c: peaks_by_component_size(quantised, [1, 2, 3], 1, c).tolist() for c in CONNECTIVITIES}
    assert found == {6: [900, 0, 0], 18: [900, 900, 0], 26: [900, 900, 900]}


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
def test_opposite_borders_are_no_neighbours(connectivity: Connectivity) -> None:
    quantised = np.zeros((3, 4, 5), dtype=np.uint16)
    quantised[0, 1, -1] = quantised[0, 2, 0] = quantised[0, 0, 2] = quantised[2, -1, 2] = quantised[-1, 0, 0] = 7
    assert peaks_by_component_size(quantised, [1, 2], 1, connectivity).tolist() == [7, 0]


def test_two_peaks_merge_at_the_saddle() -> None:
    quantised = np.array([[[9, 8, 3, 6, 7, 0, 5, 5, 5]]], dtype=np.uint16)
    assert peaks_by_component_size(quantised, [1, 2, 3, 5, 6], 1, 26).tolist() == [9, 8, 5, 3, 0]


@pytest.mark.parametrize("grey_value", [0, 5])
def test_map_with_nothing_above_the_floor(grey_value: int) -> None:
    assert peaks_by_component_size(np.full((4, 4, 4), grey_value, dtype=np.uint16), [1, 8], 66, 26).tolist() == [0, 0]


def test_constant_map() -> None:
    quantised = np.full((40, 40, 40), 1000, dtype=np.uint16)
    assert peaks_by_component_size(quantised, [1, 8], 1, 6).tolist() == [1000, 1000]
    assert peaks_by_component_size(quantised, [40**3, 40**3 + 1], 1, 6).tolist() == [1000, 0]
