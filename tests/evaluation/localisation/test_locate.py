import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.geometry import FloatArray
from evaluation.localisation.locate import locate_vertebrae
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map
from tests.evaluation.localisation.conftest import affine_of, blob_map, centres_of, rotated, straight_spine

GOLDEN = Path(__file__).parent / "golden"
"""A map of 3 mm with five vertebrae, one of them missed, beside three false blobs; and what is located in it."""
SHAPE = (100, 54, 54)
SPACING = 3.0
AFFINE = affine_of((SPACING,) * 3)
MIDDLE = (80.0, 80.0, 150.0)
LENGTH = 300.0


def located_in(centres: FloatArray, heights: float | list[float] = 0.9) -> FloatArray:
    return centres_of(locate_vertebrae(blob_map(centres, SHAPE, AFFINE, heights)))


@st.composite
def spines(draw: st.DrawFn, least: int = 1) -> FloatArray:
    """Centres of a spine in the middle of the map, with some irregularity."""
    spacing, lean = draw(st.floats(22, 36)), draw(st.floats(-8, 8))
    count = draw(st.integers(least, int(230 / spacing)))
    seed = draw(st.integers(0, 2**32 - 1))
    irregular = np.random.default_rng(seed).uniform(-1.0, 1.0, (count, 3))
    return straight_spine(count, spacing, MIDDLE, lean) + irregular


@settings(max_examples=15, deadline=None)
@given(spine=spines(least=4), seed=st.integers(0, 2**32 - 1), false=st.integers(0, 4))
def test_the_spine_is_found_and_false_blobs_beside_it_are_not(spine: FloatArray, seed: int, false: int) -> None:
    generator = np.random.default_rng(seed)
    beside = generator.uniform([5, 5, 5], [25, 30, LENGTH - 5], (false, 3))
    found = located_in(np.concatenate([spine, beside]), [*[0.7] * len(spine), *[0.9] * false])
    assert found.shape == spine.shape
    np.testing.assert_allclose(found, spine, atol=1.5)
    assert (np.diff(found[:, 2]) < 0).all()


@settings(max_examples=10, deadline=None)
@given(spine=spines(), axis=st.integers(0, 2))
def test_a_reflected_map_gives_the_reflected_centres(spine: FloatArray, axis: int) -> None:
    vertebra_map = blob_map(spine, SHAPE, AFFINE)
    reflected = ProbabilityMap(np.ascontiguousarray(np.flip(vertebra_map.quantised, axis)), AFFINE)
    expected = centres_of(locate_vertebrae(vertebra_map))
    expected[:, 2 - axis] = SPACING * (SHAPE[axis] - 1) - expected[:, 2 - axis]
    if axis == 0:
        expected = expected[::-1]
    np.testing.assert_allclose(centres_of(locate_vertebrae(reflected)), expected, atol=0.05)


@settings(max_examples=10, deadline=None)
@given(spine=spines(), shift=st.tuples(*[st.floats(-900, 900)] * 3))
def test_a_translated_map_gives_the_translated_centres(spine: FloatArray, shift: tuple[float, float, float]) -> None:
    vertebra_map = blob_map(spine, SHAPE, AFFINE)
    moved = ProbabilityMap(vertebra_map.quantised, affine_of((SPACING,) * 3, shift))
    expected = centres_of(locate_vertebrae(vertebra_map)) + shift
    np.testing.assert_allclose(centres_of(locate_vertebrae(moved)), expected, atol=1e-6)


def test_voxels_beyond_the_spine_change_nothing() -> None:
    spine = straight_spine(5, 30.0, MIDDLE)
    vertebra_map = blob_map(spine, SHAPE, AFFINE)
    wider = np.pad(vertebra_map.quantised, ((3, 10), (6, 1), (2, 5)))
    padded = ProbabilityMap(wider, affine_of((SPACING,) * 3, (-6.0, -18.0, -9.0)))
    expected = centres_of(locate_vertebrae(vertebra_map))
    np.testing.assert_allclose(centres_of(locate_vertebrae(padded)), expected, atol=1e-3)


@settings(max_examples=10, deadline=None)
@given(spacing=st.floats(22, 36), lean=st.floats(-8, 8), lost=st.integers(2, 3))
def test_a_missing_vertebra_is_inserted_at_its_place(spacing: float, lean: float, lost: int) -> None:
    spine = straight_spine(6, spacing, MIDDLE, lean)
    located = locate_vertebrae(blob_map(np.delete(spine, lost, axis=0), SHAPE, AFFINE))
    assert [vertebra.inserted for vertebra in located] == [number == lost for number in range(6)]
    np.testing.assert_allclose(centres_of(located), spine, atol=1.5)
    others = [vertebra.probability for vertebra in located if not vertebra.inserted]
    assert located[lost].probability < 0.5 * min(others)


@pytest.mark.parametrize("count", [1, 2])
def test_short_spines_are_found(count: int) -> None:
    spine = straight_spine(count, 33.0, MIDDLE)
    located = locate_vertebrae(blob_map(spine, SHAPE, AFFINE))
    np.testing.assert_allclose(centres_of(located), spine, atol=0.5)
    assert not any(vertebra.inserted for vertebra in located)


@pytest.mark.parametrize("value", [0, 1, 20000, 65535])
def test_nothing_is_located_in_an_even_map(value: int) -> None:
    assert locate_vertebrae(ProbabilityMap(np.full((40, 30, 20), value, np.uint16), AFFINE)) == []


def test_nothing_is_located_in_a_faint_map() -> None:
    assert locate_vertebrae(blob_map(straight_spine(5, 30.0, MIDDLE), SHAPE, AFFINE, 0.05)) == []


def test_probability_falls_with_the_map() -> None:
    spine = straight_spine(4, 30.0, MIDDLE)
    strong, weak = (locate_vertebrae(blob_map(spine, SHAPE, AFFINE, height)) for height in (0.8, 0.4))
    ratios = [low.probability / high.probability for low, high in zip(weak, strong, strict=True)]
    np.testing.assert_allclose(ratios, 0.5, rtol=1e-3)


@pytest.mark.parametrize("spacing", [(0.7, 0.7, 2.5), (3.0, 3.0, 3.0), (1.0, 1.0, 1.0)])
@pytest.mark.parametrize("degrees", [(0.0, 0.0), (15.0, 20.0), (-25.0, 5.0)])
def test_any_grid_gives_the_same_centres(spacing: tuple[float, float, float], degrees: tuple[float, float]) -> None:
    affine = rotated(affine_of(spacing, (11.0, -80.0, 1300.0)), degrees)
    z, y, x = shape = tuple(int(length / side) for length, side in zip((170, 80, 80), spacing[::-1], strict=True))
    (middle,) = ProbabilityMap(np.zeros((1, 1, 1), np.uint16), affine).index_to_world([[z / 2, y / 2, x / 2]])
    spine = straight_spine(4, 30.0, middle)
    found = centres_of(locate_vertebrae(blob_map(spine, (shape[0], shape[1], shape[2]), affine)))
    np.testing.assert_allclose(found, spine, atol=0.5)


def test_a_kyphosis_is_followed() -> None:
    """An arc of 100 degrees with a radius of 110 mm, in the sagittal plane."""
    angle = np.radians(np.linspace(-50, 50, 9))
    spine = np.stack([np.full(9, 80.0), 80 + 110 * (np.cos(angle) - 0.8), 150 - 110 * np.sin(angle)], axis=1)
    np.testing.assert_allclose(located_in(spine), spine, atol=1.5)


def test_a_scoliosis_is_followed() -> None:
    """An S-shaped curve with 50 mm from side to side."""
    z = np.linspace(270, 30, 9)
    spine = np.stack([80 + 25 * np.sin(np.pi * (z - 150) / 120), np.full(9, 80.0), z], axis=1)
    np.testing.assert_allclose(located_in(spine), spine, atol=1.5)


def test_vertebrae_at_the_border_lie_inside_the_map() -> None:
    spine = straight_spine(10, 33.0, MIDDLE)  # 0.75 vertebrae above, and as many below, are half outside
    vertebra_map = blob_map(spine, SHAPE, AFFINE)
    index = vertebra_map.world_to_index(centres_of(locate_vertebrae(vertebra_map)))
    assert len(index) == 10
    assert (index >= 0).all()
    assert (index <= np.array(SHAPE) - 1).all()
    np.testing.assert_allclose(vertebra_map.index_to_world(index)[1:-1], spine[1:-1], atol=1.0)
    np.testing.assert_allclose(vertebra_map.index_to_world(index)[[0, -1]], spine[[0, -1]], atol=4.0)


def test_the_map_is_not_changed() -> None:
    vertebra_map = blob_map(straight_spine(3, 30.0, MIDDLE), SHAPE, AFFINE)
    before = vertebra_map.quantised.copy()
    locate_vertebrae(vertebra_map)
    np.testing.assert_array_equal(vertebra_map.quantised, before)
    np.testing.assert_array_equal(vertebra_map.affine, affine_of((SPACING,) * 3))


def test_a_saved_map_gives_the_saved_centres() -> None:
    located = locate_vertebrae(read_probability_map(GOLDEN / "map.nii.gz"))
    expected = json.loads((GOLDEN / "located.json").read_text(encoding="utf-8"))
    np.testing.assert_allclose(centres_of(located), [vertebra["centre"] for vertebra in expected], atol=0.01)
    np.testing.assert_allclose(
        [vertebra.probability for vertebra in located], [vertebra["probability"] for vertebra in expected], atol=1e-4
    )
    assert [vertebra.inserted for vertebra in located] == [False, False, True, False, False]
