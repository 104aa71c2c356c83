"""The picture of hard labels."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib import image as pictures

from vf_nnunet.selection.surfaces import LabelVolume, SurfaceStyle, draw_surfaces, surface

SMALL = SurfaceStyle(panel=(2.0, 2.0), dots_per_inch=60)


def block(label: int, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> LabelVolume:
    """20 x 10 x 6 voxels of a label (z, y, x), 4 voxels from the first corner."""
    labels = np.zeros((30, 20, 16), dtype=np.uint8)
    labels[4:24, 4:14, 4:10] = label
    return LabelVolume(labels, spacing)


@pytest.mark.parametrize("thinning", [1, 2])
def test_a_surface_lies_around_its_label(thinning: int) -> None:
    """In mm as (x, y, z), whatever the subsampling."""
    volume = block(2, (2.0, 1.0, 0.5))
    triangles = surface(volume, 2, most_voxels=30 // thinning)
    low, high = triangles.reshape(-1, 3).min(0), triangles.reshape(-1, 3).max(0)
    step = thinning * np.array([0.5, 1.0, 2.0])
    assert np.all(np.abs(low - np.array([4, 4, 4]) * [0.5, 1, 2]) <= step)
    assert np.all(np.abs(high - np.array([10, 14, 24]) * [0.5, 1, 2]) <= step)


def test_an_absent_label_has_no_surface() -> None:
    assert surface(block(2), 1, 30).shape == (0, 3, 3)


def share(picture: np.ndarray, channel: int) -> float:
    """Number of pixels in which one colour clearly prevails."""
    others = np.delete(picture[..., :3], channel, axis=-1).max(-1)
    return float((picture[..., channel] > others + 0.15).mean())


def test_normal_is_green_and_fracture_is_red(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    draw_surfaces({"normal": block(1), "fractured": block(2)}, path, 1, 2, style=SMALL)
    picture = pictures.imread(path)
    left, right = np.array_split(picture, 2, axis=1)
    assert share(left, 1) > 0.02 > share(left, 0)
    assert share(right, 0) > 0.02 > share(right, 1)


def test_a_model_that_finds_nothing_has_an_empty_panel(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    draw_surfaces({"nothing": block(0)}, path, 1, 2, style=SMALL)
    picture = pictures.imread(path)
    assert share(picture, 0) == share(picture, 1) == 0
