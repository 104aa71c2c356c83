"""Skin, fat and muscle in their layers."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Scene
from dataset_conversion.phantom.settings.tissue import PSOAS
from dataset_conversion.phantom.tissue.soft_tissue import muscle_depth, muscle_share, paint_soft_tissue


@pytest.fixture(scope="module")
def painted(scene: Scene) -> np.ndarray:
    """Soft tissue, skin and couch only."""
    volume = np.full(scene.grid.shape, -1000, np.float32)
    paint_soft_tissue(volume, np.random.default_rng(0), scene)
    return volume


def test_fat_and_muscle_have_their_densities(painted: np.ndarray, scene: Scene) -> None:
    tissue, box = scene.settings.tissue, scene.grid.whole
    outline = scene.outline(box)
    share = muscle_share(scene, box, outline, outline.below_fat)
    inside = outline.depth > 6
    assert painted[inside].min() >= tissue.fat[0] - 1
    assert painted[inside].max() <= tissue.muscle[1] + 1
    muscle, fat = np.median(painted[inside & (share == 1)]), np.median(painted[inside & (share == 0)])
    assert tissue.muscle[0] - 8 <= muscle <= tissue.muscle[1]
    assert tissue.fat[0] <= fat <= tissue.fat[1] + 8


def test_from_the_skin_inwards_come_fat_and_muscle(painted: np.ndarray, scene: Scene) -> None:
    outline = scene.outline(scene.grid.whole)
    below = outline.below_fat
    assert np.all(painted[outline.depth < -3 * scene.grid.edge] <= 45)
    layers = [(outline.depth > 4) & (below < -5), (below > 3) & (below < outline.wall - 3)]
    fat, muscle = (np.median(painted[layer]) for layer in layers)
    assert fat < -70
    assert muscle > 0


def test_psoas_lies_beside_the_lumbar_bodies_and_not_beside_thoracic_ones(scene: Scene) -> None:
    box = scene.grid.whole
    depth = muscle_depth(PSOAS, scene.grid.points(box), scene.column(box), scene.heights)
    slices = [round(scene.heights.z[level] / scene.grid.spacing[0]) for level in ("T9", "L3")]
    thoracic, lumbar = (np.count_nonzero(depth[row] > 0) for row in slices)
    assert thoracic < 0.02 * lumbar
    assert lumbar * np.prod(scene.grid.spacing[1:]) > 500


def test_a_couch_lies_below_the_back(painted: np.ndarray, scene: Scene) -> None:
    row, (_, step, across) = scene.grid.shape[0] // 2, scene.grid.spacing
    below = painted[row, int(scene.torso.back / step) + 3 :, round(scene.torso.x / across)]
    assert np.any(below > -700)
    assert np.median(below) < -900
