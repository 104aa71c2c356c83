"""Heights of drawn bodies whose true heights are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.heights import Heights
from evaluation.vertebra.heights import DEFAULT_SETTINGS, HeightSettings, measure_heights, spine_directions

FloatArray = npt.NDArray[np.floating]

SHAPE = (72, 90, 40)
CENTRE = (20.0, 40.0, 36.0)
UP = np.array([0.0, 0.0, 1.0])
LABEL = 3
DEPTH = 30.0


def drawn(
    anterior: float, middle: float, posterior: float, spacing: float = 1.0, lean: float = 0.0, arch: bool = False
) -> tuple[FloatArray, FloatArray]:
    """A mask and its affine: a body with these heights at 15, 50 and 85% of its depth, leaning back by `lean` degrees.

    Heights go on linearly to the walls. `arch` adds a spinous process behind a canal of 14 mm.
    """
    shape = tuple(round(size / spacing) for size in SHAPE)
    z, y, x = (axis * spacing for axis in np.indices(shape))
    angle = np.radians(lean)
    v = (y - CENTRE[1]) * np.cos(angle) - (z - CENTRE[2]) * np.sin(angle)
    w = (z - CENTRE[2]) * np.cos(angle) + (y - CENTRE[1]) * np.sin(angle)
    slopes = (middle - anterior) / (0.35 * DEPTH), (posterior - middle) / (0.35 * DEPTH)
    height = middle + np.where(v < 0, slopes[0], slopes[1]) * v
    body = (np.abs(v) <= DEPTH / 2) & (np.abs(w) <= height / 2) & (np.abs(x - CENTRE[0]) <= 15)
    process = (v > DEPTH / 2 + 14) & (v < DEPTH / 2 + 22) & (np.abs(w + 8) <= 12) & (np.abs(x - CENTRE[0]) <= 4)
    mask = np.where(body | (process if arch else False), LABEL, 0).astype(np.float32)
    return mask, np.diag([spacing, spacing, spacing, 1.0])


def measured(mask: FloatArray, affine: FloatArray, up: FloatArray = UP) -> Heights:
    heights = measure_heights(mask, affine, LABEL, np.array(CENTRE), up)
    assert heights is not None
    return heights


def values(heights: Heights) -> list[float]:
    return [heights.anterior, heights.middle, heights.posterior]


@pytest.mark.parametrize(
    "true",
    [(24.0, 24.0, 24.0), (15.0, 20.0, 25.0), (24.0, 14.0, 24.0), (10.0, 10.0, 10.0), (25.0, 22.0, 19.0)],
    ids=["box", "wedge", "biconcave", "crush", "higher in front"],
)
def test_heights_of_drawn_bodies(true: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(values(measured(*drawn(*true, spacing=0.5))), true, atol=0.6)


@settings(max_examples=20)
@given(
    middle=st.floats(10.0, 28.0),
    anterior_share=st.floats(0.6, 1.4),
    posterior_share=st.floats(0.6, 1.4),
    lean=st.floats(-25.0, 25.0),
)
def test_heights_are_those_along_the_spine(
    middle: float, anterior_share: float, posterior_share: float, lean: float
) -> None:
    anterior, posterior = middle * anterior_share, middle * posterior_share
    angle = np.radians(lean)
    up = np.array([0.0, np.sin(angle), np.cos(angle)])
    found = values(measured(*drawn(anterior, middle, posterior, lean=lean), up))
    # The middle is a ridge or a valley, which voxels of 1 mm round off.
    np.testing.assert_allclose(found, (anterior, middle, posterior), atol=1.6)


def test_an_arch_behind_the_canal_changes_nothing() -> None:
    body, whole = (measured(*drawn(16.0, 20.0, 24.0, arch=arch)) for arch in (False, True))
    assert body == whole


def test_osteophytes_in_front_of_the_wall_do_not_add_depth() -> None:
    mask, affine = drawn(24.0, 24.0, 24.0)
    z, y, _ = np.indices(SHAPE)
    lip = (y < CENTRE[1] - DEPTH / 2) & (y > CENTRE[1] - DEPTH / 2 - 6) & (np.abs(z - CENTRE[2] - 10) < 2)
    lipped = np.where(lip, LABEL, mask).astype(np.float32)
    np.testing.assert_allclose(values(measured(lipped, affine)), values(measured(mask, affine)), atol=0.3)


def test_a_neighbour_that_touches_is_not_counted() -> None:
    mask, affine = drawn(24.0, 24.0, 24.0)
    touching = np.where(mask == 0, LABEL + 1, mask)
    assert measured(touching, affine) == measured(mask, affine)


@pytest.mark.parametrize("axis", ["cranial", "caudal", "anterior"])
def test_a_body_that_the_image_cuts_off_is_not_measured(axis: str) -> None:
    mask, affine = drawn(24.0, 24.0, 24.0)
    cut = {"cranial": (slice(None, 44),), "caudal": (slice(30, None),), "anterior": (slice(None), slice(30, None))}
    first = {"caudal": (0, 0, 30), "anterior": (0, 30, 0)}.get(axis, (0, 0, 0))
    affine[:3, 3] = first
    assert measure_heights(mask[cut[axis]], affine, LABEL, np.array(CENTRE), UP) is None


def test_stored_axes_do_not_matter() -> None:
    mask, affine = drawn(16.0, 20.0, 24.0)
    flipped = affine @ np.array([[0.0, -1, 0, SHAPE[2] - 1], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    stored = np.ascontiguousarray(mask[:, :, ::-1].transpose(0, 2, 1))
    np.testing.assert_allclose(values(measured(stored, flipped)), values(measured(mask, affine)), atol=1e-6)


def test_directions_follow_the_neighbours() -> None:
    centroids = np.array([[0.0, 0, 60], [0, 10, 30], [0, 10, 0]])
    up = spine_directions(centroids)
    np.testing.assert_allclose(np.linalg.norm(up, axis=1), 1)
    np.testing.assert_allclose(up[1], np.array([0, -10, 60]) / np.hypot(10, 60))
    np.testing.assert_allclose(up[2], [0, 0, 1])
    np.testing.assert_allclose(spine_directions(centroids[:1]), [UP])


def test_places_are_a_setting() -> None:
    settings_at_walls = HeightSettings(places=(0.0, 0.5, 1.0))
    mask, affine = drawn(15.0, 20.0, 25.0, spacing=0.5)
    at_walls = measure_heights(mask, affine, LABEL, np.array(CENTRE), UP, settings_at_walls)
    inside = measure_heights(mask, affine, LABEL, np.array(CENTRE), UP, DEFAULT_SETTINGS)
    assert at_walls is not None
    assert inside is not None
    assert at_walls.anterior < inside.anterior


@pytest.mark.parametrize(
    ("name", "value"),
    [("places", (0.15, 0.5, 1.5)), ("slab", -1.0), ("reach", (40.0, 0.0)), ("step", 0.0), ("wall", 2.0)],
)
def test_setting_out_of_its_limits_is_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^{name}(\.\d)? is "):
        HeightSettings(**{name: value})
