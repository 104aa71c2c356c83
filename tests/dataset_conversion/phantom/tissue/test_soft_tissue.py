"""Layers of skin, fat and muscle."""

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.tissue import PSOAS
from dataset_conversion.phantom.tissue.soft_tissue import muscle_depth, muscle_share, paint_soft_tissue


@pytest.fixture(scope="module")
def painted(phantom: Phantom) -> np.ndarray:
    """Soft tissue and couch only."""
    volume = np.full(phantom.grid.shape, -1000, np.float32)
    paint_soft_tissue(volume, np.random.default_rng(0), phantom)
    return volume


def test_fat_and_muscle_have_their_densities(painted: np.ndarray, phantom: Phantom) -> None:
    tissue, box = phantom.settings.tissue, phantom.grid.whole
    outline = phantom.outline(box)
    share = muscle_share(phantom, box, outline, outline.below_fat)
    inside = outline.depth > 6
    assert painted[inside].min() >= tissue.fat[0] - 1
    assert painted[inside].max() <= tissue.muscle[1] + 1
    muscle, fat = np.median(painted[inside & (share == 1)]), np.median(painted[inside & (share == 0)])
    assert tissue.muscle[0] - 8 <= muscle <= tissue.muscle[1]
    assert tissue.fat[0] <= fat <= tissue.fat[1] + 8


def test_fat_lies_below_the_skin_and_muscle_below_the_fat(painted: np.ndarray, phantom: Phantom) -> None:
    outline = phantom.outline(phantom.grid.whole)
    below = outline.below_fat
    assert np.all(painted[outline.depth < -3 * phantom.grid.edge] <= 45)
    layers = [(outline.depth > 4) & (below < -5), (below > 3) & (below < outline.wall - 3)]
    fat, muscle = (np.median(painted[layer]) for layer in layers)
    assert fat < -70
    assert muscle > 0


def test_psoas_lies_beside_the_lumbar_bodies_and_not_beside_thoracic_ones(phantom: Phantom) -> None:
    box = phantom.grid.whole
    depth = muscle_depth(PSOAS, phantom.grid.points(box), phantom.column(box), phantom.levels)
    slices = [round(phantom.levels.z[level] / phantom.grid.spacing[0]) for level in ("T9", "L3")]
    thoracic, lumbar = (np.count_nonzero(depth[row] > 0) for row in slices)
    assert thoracic < 0.02 * lumbar
    assert lumbar * np.prod(phantom.grid.spacing[1:]) > 500


def test_a_couch_lies_below_the_back(painted: np.ndarray, phantom: Phantom) -> None:
    row, (_, step, across) = phantom.grid.shape[0] // 2, phantom.grid.spacing
    below = painted[row, int(phantom.torso.back / step) + 3 :, round(phantom.torso.x / across)]
    assert np.any(below > -700)
    assert np.median(below) < -900
