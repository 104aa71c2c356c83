"""The two presets."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.presets import BODY, SPINE
from dataset_conversion.phantom.settings.acquisition import ANY
from dataset_conversion.phantom.settings.cohort import PhantomSettings

COARSE = replace(BODY, scanners=(replace(ANY, in_plane_spacing=(2.5, 2.5), slice_spacing=(3.0, 3.0)),))


def test_normal_vertebrae_of_small_crops_never_lose_a_fifth_and_those_of_bodies_may() -> None:
    for ratio in ("anterior_ratio", "middle_ratio"):
        assert getattr(SPINE.shape, ratio).low > 0.8
        assert getattr(BODY.shape, ratio).low < 0.75


def test_confounders_are_rarer_in_small_crops() -> None:
    assert SPINE.shape.node_chance < BODY.shape.node_chance
    assert SPINE.shape.osteophyte_chance < BODY.shape.osteophyte_chance


def test_bodies_are_scanned_by_three_scanners_up_to_the_papers_spacings() -> None:
    assert len(BODY.scanners) == 3
    assert max(scanner.in_plane_spacing[1] for scanner in BODY.scanners) == 0.92
    assert max(scanner.slice_spacing[1] for scanner in BODY.scanners) == 1.5


@pytest.mark.parametrize(
    ("settings", "case", "mean", "sd", "voxels", "first"),
    [
        (SPINE, 0, 26.999, 141.194, 144437, (218.306, -102.856, 25.099)),
        (COARSE, 4, -467.101, 475.87, 14244, (1.375, 193.744, 455.645)),
    ],
)
def test_phantoms_of_the_presets_stay_the_same(
    settings: PhantomSettings, case: int, mean: float, sd: float, voxels: int, first: tuple[float, float, float]
) -> None:
    """New variation is a setting whose default changes nothing. The numbers are those of version 2 of the drawing."""
    plan = plan_case(1, case, settings)
    image, mask = render_case(plan, settings)
    assert image.array.mean() == pytest.approx(mean, abs=0.01)
    assert image.array.std() == pytest.approx(sd, abs=0.01)
    assert np.count_nonzero(mask.array) == pytest.approx(voxels, abs=5)
    assert plan.rows()[0].centroid == pytest.approx(first, abs=0.002)
