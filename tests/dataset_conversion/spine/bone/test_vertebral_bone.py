"""Which places look like the middle of a vertebral body."""

import numpy as np
import pytest

from dataset_conversion.spine.bone.vertebral_bone import ball, cortical_share, in_body
from dataset_conversion.spine.geometry import world_to_index
from tests.dataset_conversion.spine.model_spine import CENTROIDS, LEVELS, affine, draw

AFFINE = affine()


@pytest.mark.parametrize(
    ("trabecular", "noise"),
    [(130.0, 15.0), (220.0, 40.0), (60.0, 15.0), (15.0, 15.0), (130.0, 80.0)],
    ids=["adult", "young", "osteopenia", "osteoporosis", "low dose"],
)
def test_bodies(trabecular: float, noise: float) -> None:
    ct = draw(trabecular, noise)
    assert all(in_body(ct, AFFINE, level, point) for level, point in zip(LEVELS, CENTROIDS, strict=True))


@pytest.mark.parametrize("shift", [(3.0, 0.0, 0.0), (0.0, 3.0, -3.0), (-3.0, -3.0, 3.0)])
def test_a_centroid_may_be_some_millimetres_off(shift: tuple[float, float, float]) -> None:
    ct = draw()
    assert all(
        in_body(ct, AFFINE, level, np.add(at, shift).tolist()) for level, at in zip(LEVELS, CENTROIDS, strict=True)
    )


@pytest.mark.parametrize(
    "place",
    [(30.0, -40.0, 0.0), (-40.0, 20.0, 0.0), (30.0, 48.0, 0.0), (-55.0, -60.0, 0.0)],
    ids=["bowel", "muscle", "posterior wall", "air"],
)
def test_other_places(place: tuple[float, float, float]) -> None:
    assert in_body(draw(), AFFINE, "L1", place) is False


def test_metal_in_a_body_and_cement() -> None:
    ct = draw()
    ct[85:105, 93:113, 85:105] = 2500
    assert in_body(ct, AFFINE, "L1", CENTROIDS[2]) is True


def test_nothing_is_said_beyond_the_border() -> None:
    ct = draw()
    assert in_body(ct[96:], affine(), "L1", (30.0, 28.0, -95.0 - 12)) is None
    assert cortical_share(ct, AFFINE, (900.0, 0.0, 0.0)) == 0.0


def test_bone_near_a_point() -> None:
    ct = draw()
    assert cortical_share(ct, AFFINE, CENTROIDS[2]) > 0.1
    assert cortical_share(ct, AFFINE, (30.0, -40.0, 0.0)) == 0.0


def test_a_ball_is_symmetric_and_reaches_its_radius() -> None:
    points = ball(6.0)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    assert np.linalg.norm(points, axis=1).max() == pytest.approx(6.0)


@pytest.mark.parametrize(("middle", "sides"), [(250, 60), (60, 250)], ids=["spinous process", "between laminae"])
def test_a_ridge_or_groove_of_bone_is_no_body(middle: int, sides: int) -> None:
    ct = draw(200.0)
    level, place = LEVELS[2], CENTROIDS[2]
    z, y, x = (round(value) for value in world_to_index(AFFINE, place)[0].tolist())
    ct[z - 12 : z + 13, y - 10 : y + 11, x - 14 : x + 15] = np.where(np.abs(np.arange(-14, 15)) <= 3, middle, sides)
    assert in_body(ct, AFFINE, level, place) is False


def test_fat_is_no_spinal_canal() -> None:
    ct = draw()
    assert in_body(ct, AFFINE, LEVELS[2], CENTROIDS[2]) is True
    z, y, x = (round(value) for value in world_to_index(AFFINE, CENTROIDS[2])[0].tolist())
    ct[z - 6 : z + 7, y + 18 : y + 40, x - 6 : x + 7] = -90
    assert in_body(ct, AFFINE, LEVELS[2], CENTROIDS[2]) is False
