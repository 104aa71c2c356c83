"""Partial volume."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.shapes.painting import blend, coverage, paint_bone


def test_coverage_is_half_on_the_surface_and_whole_half_a_voxel_inside() -> None:
    shares = coverage(np.array([-1.0, -0.5, 0.0, 0.25, 0.5, 9.0], dtype=np.float32), 1.0)
    np.testing.assert_allclose(shares, [0, 0, 0.5, 0.75, 1, 1])


def test_blend_mixes_by_share_and_leaves_the_rest() -> None:
    volume = np.zeros((2, 2, 2), dtype=np.float32)
    blend(volume, (slice(0, 1), slice(0, 2), slice(0, 2)), np.full((1, 2, 2), 0.25, np.float32), 100.0)
    assert volume[0].tolist() == [[25, 25], [25, 25]]
    assert not volume[1].any()


@given(st.floats(-3, 3), st.floats(0.3, 2.0))
def test_a_voxel_of_bone_holds_background_shell_and_core_by_volume(depth: float, thickness: float) -> None:
    volume = np.full((1, 1, 1), -100, dtype=np.float32)
    box = (slice(0, 1),) * 3
    depths = np.full((1, 1, 1), depth, dtype=np.float32)
    paint_bone(volume, box, depths, 1.0, thickness, 700.0, 150.0)
    bone, core = np.clip(depth + 0.5, 0, 1), np.clip(depth - thickness + 0.5, 0, 1)
    assert volume.item() == pytest.approx(-100 * (1 - bone) + 700 * (bone - core) + 150 * core, abs=0.5)
