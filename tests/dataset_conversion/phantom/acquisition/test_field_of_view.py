"""Position and size of the field of view."""

import numpy as np

from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.cohort.presets import BODY


def test_borders_lie_between_the_last_centroid_shown_and_the_next(paper_plans: list[CasePlan]) -> None:
    for plan in paper_plans:
        top = (plan.grid.shape[0] - 1) * plan.grid.spacing[0]
        heights = [float(body.centroid[2]) for body in plan.bodies]
        shown = [height for height in heights if 0 <= height <= top]
        assert len(shown) == len(plan.visible)
        assert min(top - max(shown), min(shown)) > 2


def test_some_edge_vertebrae_are_cut(paper_plans: list[CasePlan]) -> None:
    cut = 0
    for plan in paper_plans:
        top = (plan.grid.shape[0] - 1) * plan.grid.spacing[0]
        upper = plan.visible[0]
        cut += float(upper.centroid[2]) + upper.shape.heights.posterior / 2 > top
    assert 5 < cut < 60


def test_whole_fields_are_square_and_sampled_as_their_scanner_does(paper_plans: list[CasePlan]) -> None:
    assert {plan.scanner.name for plan in paper_plans} == {scanner.name for scanner in BODY.scanners}
    for plan in paper_plans:
        (slices, row, column), scanner = plan.grid.spacing, plan.scanner
        assert row == column
        assert scanner.in_plane_spacing[0] - 1e-3 <= row <= scanner.in_plane_spacing[1] + 1e-3
        assert scanner.slice_spacing[0] <= slices <= scanner.slice_spacing[1]
        assert plan.grid.shape[1] == plan.grid.shape[2]
        assert scanner.diameter[0] - 1 <= plan.grid.shape[1] * row <= scanner.diameter[1] + 1


def test_whole_fields_show_the_spine_and_the_couch(paper_plans: list[CasePlan]) -> None:
    for plan in paper_plans:
        depth = plan.grid.shape[1] * plan.grid.spacing[1]
        assert 30 < depth - plan.torso.back < 65
        places = np.array([body.centroid for body in plan.visible])
        assert places[:, :2].min() > 40
        assert (depth - places[:, :2]).min() > 60
