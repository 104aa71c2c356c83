"""Ribs along the chest wall."""

from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.ribs import paint_ribs, rib_line


def test_ribs_run_down_the_chest_wall_from_the_body(phantom: Phantom) -> None:
    outline_settings = phantom.settings.torso
    for body in phantom.bodies:
        if body.level not in ("T6", "T7", "T8", "T9", "T10", "T11", "T12"):
            continue
        for sign in (-1.0, 1.0):
            line = rib_line(phantom, body, sign)
            assert np.linalg.norm(line[0] - body.origin) < body.normal.half_width + 15
            assert sign * (line[5][0] - phantom.torso.x) > 40
            heights = [point[2] for point in line[2:]]
            assert all(upper > lower for upper, lower in pairwise(heights))
            for point in line[2:]:
                half_width = phantom.torso.half_width * max(value for _, value in outline_settings.width_profile)
                assert abs(point[0] - phantom.torso.x) < half_width
                assert point[1] < phantom.torso.back


def test_floating_ribs_are_short(phantom: Phantom) -> None:
    ends = {
        body.level: abs(rib_line(phantom, body, 1.0)[-1][1] - rib_line(phantom, body, 1.0)[2][1])
        for body in phantom.bodies
        if body.level.startswith("T")
    }
    assert ends["T12"] < 0.6 * ends["T9"]


def test_ribs_are_shells_of_bone_at_thoracic_levels_only(phantom: Phantom) -> None:
    volume = np.full(phantom.grid.shape, -90, np.float32)
    paint_ribs(volume, phantom, 700.0)
    thoracic, lumbar = (round(phantom.levels.z[level] / phantom.grid.spacing[0]) for level in ("T9", "L4"))
    assert np.count_nonzero(volume[thoracic] > 100) > 20
    assert not np.any(volume[lumbar] > 100)
    assert 150 < volume.max() <= 700
