"""A rendered case: table and volumes agree, and densities are those of a CT."""

from typing import Any

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.cohort.case import CasePlan, plan_case, render_case
from dataset_conversion.phantom.cohort.composition import compose
from dataset_conversion.phantom.cohort.presets import BODY, SPINE
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.shapes.vertebral_body import MEASURING_POSITION

BANDS = {1: (0.20, 0.25), 2: (0.25, 0.40), 3: (0.40, 0.60)}


def measured_height(plan: CasePlan, inside: np.ndarray, body: Body, position: float) -> float:
    """Length of the mask along the body's own axis, `position` half depths behind its middle, in mm."""
    steps = np.arange(-30, 30, 0.05)
    start = body.origin + body.frame.posterior * position * body.shape.half_depth
    points = start[None] + steps[:, None] * body.frame.up[None]
    index = np.rint(points[:, ::-1] / plan.grid.spacing).astype(int)
    valid = np.all((index >= 0) & (index < plan.grid.shape), axis=1)
    return float(np.count_nonzero(inside[tuple(index[valid].T)]) * 0.05)


def heights(plan: CasePlan, mask: np.ndarray, number: int) -> np.ndarray:
    """Anterior, middle and posterior height of the n-th visible body, measured in the mask."""
    positions = (-MEASURING_POSITION, 0.0, MEASURING_POSITION)
    body = plan.visible[number - 1]
    return np.array([measured_height(plan, mask == number, body, position) for position in positions])


def whole_bodies(case: Any) -> list[tuple[int, Body]]:
    """Numbers and bodies of the vertebrae that the border does not cut."""
    extent = (np.array(case.plan.grid.shape) - 1) * case.plan.grid.spacing
    return [
        (number, body)
        for number, body in enumerate(case.plan.visible, start=1)
        if 20 < body.centroid[2] < extent[0] - 20 and 25 < body.centroid[1] < extent[1] - 25
    ]


def test_the_cases_rendered_here_hold_all_grades_and_shapes(rendered: list[Any]) -> None:
    rows = [row for case in rendered for row in case.plan.rows()]
    assert {row.grade for row in rows} == {0, 1, 2, 3}
    assert {row.shape for row in rows} == {None, "wedge", "biconcave", "crush"}


def test_every_row_lies_inside_its_own_body(rendered: list[Any]) -> None:
    for case in rendered:
        rows = case.plan.rows()
        index = case.mask.world_to_index(np.array([row.centroid for row in rows]))
        found = case.mask.array[tuple(np.rint(index).astype(int).T)]
        assert found.tolist() == list(range(1, len(rows) + 1))


def test_a_row_is_the_centre_of_its_body(rendered: list[Any]) -> None:
    for case in rendered:
        for number, body in whole_bodies(case):
            voxels = np.argwhere(case.mask.array == number)
            centre = (voxels.mean(axis=0) * case.plan.grid.spacing)[::-1]
            # The centre of mass moves off the centre of the axes with wedging and the posterior notch.
            assert np.linalg.norm(centre - body.centroid) < 3.5


def test_masks_have_the_drawn_heights(rendered: list[Any]) -> None:
    checked = 0
    for case in rendered:
        voxel = max(case.plan.grid.spacing)
        for number, body in whole_bodies(case):
            drawn = body.shape.heights
            expected = [drawn.anterior, drawn.middle, drawn.posterior]
            np.testing.assert_allclose(heights(case.plan, case.mask.array, number), expected, atol=1.3 * voxel)
            checked += 1
    assert checked >= 20


def test_masks_have_the_loss_of_the_grade(rendered: list[Any]) -> None:
    checked = set()
    for case in rendered:
        voxel = max(case.plan.grid.spacing)
        for number, body in whole_bodies(case):
            if body.fracture is None:
                continue
            anterior, middle, posterior = heights(case.plan, case.mask.array, number)
            reference = body.normal.heights.posterior if body.fracture.shape == "crush" else posterior
            lowest = {"wedge": anterior, "biconcave": middle, "crush": posterior}[body.fracture.shape]
            low, high = BANDS[body.fracture.grade]
            slack = 1.3 * voxel / body.normal.heights.posterior
            assert low - slack <= 1 - lowest / reference <= high + slack
            checked.add(body.fracture.shape)
    assert checked == {"wedge", "biconcave", "crush"}


def test_densities_are_those_of_a_ct(rendered: list[Any]) -> None:
    for case in rendered:
        scan = case.image.array
        assert scan.dtype == np.int16
        assert scan.min() >= -1024
        assert 400 < scan.max() < 2000
        numbers = [number for number, body in enumerate(case.plan.visible, start=1) if body.fracture is None]
        assert 30 < np.median(scan[np.isin(case.mask.array, numbers)]) < 350
        tissue = np.median(scan[case.mask.array == 0])
        assert -120 < tissue < 80


def test_bone_is_brighter_than_the_tissue_around_it(rendered: list[Any]) -> None:
    for case in rendered:
        inside = case.mask.array > 0
        assert case.image.array[inside].mean() > case.image.array[~inside].mean() + 60


def test_discs_lie_between_the_bodies(rendered: list[Any]) -> None:
    values = []
    for case in rendered:
        for upper, lower in zip(case.plan.visible[:-1], case.plan.visible[1:], strict=True):
            above = upper.origin - upper.frame.up * upper.shape.heights.rim / 2
            below = lower.origin + lower.frame.up * lower.shape.heights.rim / 2
            index = np.rint(((above + below) / 2)[::-1] / case.plan.grid.spacing).astype(int)
            values.append(case.image.array[tuple(np.clip(index, 0, np.array(case.plan.grid.shape) - 1))])
    assert 50 < np.median(values) < 100


def test_axes_are_canonical_and_the_field_has_the_size_of_the_crop(rendered: list[Any]) -> None:
    for case in rendered:
        affine = case.image.affine
        np.testing.assert_array_equal(affine[:3, :3], np.diag(case.plan.grid.spacing[::-1]))
        extent = np.array(case.plan.grid.shape) * case.plan.grid.spacing
        np.testing.assert_allclose(extent[1:], (104, 96), atol=0.8)
        assert 110 < extent[0] < 230
        np.testing.assert_array_equal(case.mask.affine, affine)


def test_a_case_is_the_same_each_time_and_unlike_its_neighbours(small: PhantomSettings) -> None:
    first, again, other = (plan_case(3, case, small) for case in (4, 4, 5))
    for one, two in zip(render_case(first, small), render_case(again, small), strict=True):
        np.testing.assert_array_equal(one.array, two.array)
    assert first.rows() == again.rows()
    assert [row.centroid for row in other.rows()] != [row.centroid for row in first.rows()]
    assert plan_case(2, 4, small).rows() != first.rows()


def test_cases_of_the_other_cohorts_stay_as_they_were(rendered: list[Any], whole: Any) -> None:
    """Sums over the voxels, as earlier versions drew them. What varied cohorts have must not change them."""
    for case, scan, mask in ((rendered[0], 49_809_463, 438_396), (whole, -945_037_453, 89_595)):
        assert int(case.image.array.sum(dtype=np.int64)) == pytest.approx(scan, rel=1e-5)
        assert int(case.mask.array.sum(dtype=np.int64)) == pytest.approx(mask, rel=1e-4)
    assert rendered[0].plan.rows()[0].centroid == pytest.approx((218.306, -102.856, 25.099))


def test_cut_vertebrae_are_drawn_but_not_listed(rendered: list[Any]) -> None:
    cut = 0
    for case in rendered:
        for body in case.plan.bodies:
            top = (case.plan.grid.shape[0] - 1) * case.plan.grid.spacing[0]
            depth = abs(body.centroid[2] - np.clip(body.centroid[2], 0, top))
            if 1 < depth < body.shape.heights.posterior / 2 - 3:
                cut += 1
                assert body.level not in {row.vertebra for row in case.plan.rows()}
    assert cut >= 1


@pytest.mark.parametrize("case", range(4))
def test_a_plan_numbers_its_case_and_makes_it_a_patient(case: int) -> None:
    plan = plan_case(9, case, SPINE)
    assert plan.case_id == f"phantom_00{case}"
    assert all(row.patient_id == row.case_id == plan.case_id for row in plan.rows())


def test_exactly_the_composed_levels_are_visible(plans: list[CasePlan], paper_plans: list[CasePlan]) -> None:
    for settings, drawn in ((SPINE, plans), (BODY, paper_plans)):
        for case, plan in enumerate(drawn):
            composition = compose(1, case, settings.composition)
            assert [body.level for body in plan.visible] == list(composition.levels)
            assert {row.vertebra: row.grade for row in plan.rows() if row.grade} == composition.grades


def test_a_whole_body_lies_in_its_field_on_a_couch(whole: Any) -> None:
    scan, plan = whole.image.array, whole.plan
    extent = np.array(scan.shape) * plan.grid.spacing
    assert 315 < extent[1] < 445
    assert extent[1] == extent[2]
    assert plan.torso.back < extent[1] - 20
    edges = np.concatenate([scan[:, 0].ravel(), scan[:, -1, 0].ravel()])
    assert np.median(edges) < -950


def test_tissues_of_a_whole_body_have_their_densities(whole: Any, phantom: Phantom) -> None:
    """After blur and noise: fat below the skin, muscle below that, air outside, lungs, bone."""
    scan, outline = whole.image.array, phantom.outline(whole.plan.grid.whole)
    # Noise below the lowest stored value is clipped, so that air is a little brighter than -1000 HU.
    before = np.broadcast_to(phantom.grid.points(phantom.grid.whole)[1] < outline.y, scan.shape) & (outline.depth < -20)
    assert np.mean(scan[before]) == pytest.approx(-990, abs=15)
    fat = (outline.depth > 6) & (outline.below_fat < -5)
    assert np.median(scan[fat]) == pytest.approx(-95, abs=15)
    numbers = [number for number, body in enumerate(whole.plan.visible, start=1) if body.fracture is None]
    assert 30 < np.median(scan[np.isin(whole.mask.array, numbers)]) < 300
    chest = outline.below_wall > 25
    assert np.mean((scan[chest] < -700) & (scan[chest] > -1000)) > 0.1


def test_masks_number_the_rows_of_whole_bodies(whole: Any) -> None:
    rows = whole.plan.rows()
    index = np.rint(whole.mask.world_to_index(np.array([row.centroid for row in rows]))).astype(int)
    assert whole.mask.array[tuple(index.T)].tolist() == list(range(1, len(rows) + 1))
    assert whole.mask.array.max() == len(rows)
