"""The varied cohort: tables, masks, densities and fields of view."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dataset_conversion.phantom.cohort.case import CasePlan, plan_case, render_case
from dataset_conversion.phantom.cohort.varied import COMPOSITION, VARIED
from dataset_conversion.spine.bone.hounsfield import check_hounsfield

CASES = COMPOSITION.cases


@pytest.fixture(scope="module")
def varied_plans() -> list[CasePlan]:
    """The plans of one block."""
    return [plan_case(2, case, VARIED) for case in range(CASES)]


@pytest.fixture(scope="module")
def cases(varied_plans: list[CasePlan]) -> list[tuple[CasePlan, Any, Any]]:
    """The cases of the block with the fewest voxels, rendered."""
    small = sorted(varied_plans, key=lambda plan: int(np.prod(plan.grid.shape)))[:24]
    return [(plan, *render_case(plan, VARIED)) for plan in small]


def test_a_block_has_its_fractures(varied_plans: list[CasePlan]) -> None:
    rows = [row for plan in varied_plans for row in plan.rows()]
    grades = [row.grade for row in rows if row.grade]
    assert abs(len(grades) - sum(COMPOSITION.grades)) <= 2  # a bent spine can leave a narrow field
    assert 0.14 < len(grades) / len(rows) < 0.22
    assert sum(not any(row.grade for row in plan.rows()) for plan in varied_plans) in range(10, 13)


def test_fields_and_voxels_are_those_of_crops_chests_and_bodies(varied_plans: list[CasePlan]) -> None:
    sizes = np.array([np.multiply(plan.grid.shape, plan.grid.spacing) for plan in varied_plans])
    spacings = np.array([plan.grid.spacing for plan in varied_plans])
    assert sizes[:, 1:].min() > 70
    assert sizes[:, 1:].max() <= 502
    assert 0.3 < np.mean(sizes[:, 2] < 210) < 0.7
    assert np.mean(sizes[:, 2] > 290) > 0.3
    assert sizes[:, 0].min() > 110
    assert sizes[:, 0].max() > 460
    assert 0.6 <= spacings[:, 0].min() < 1.1
    assert 3.5 < spacings[:, 0].max() <= 5
    assert 0.5 <= spacings[:, 1].min() < 0.75
    assert {plan.scanner.name for plan in varied_plans} == {scanner.name for scanner in VARIED.scanners}


def test_the_sacrum_has_no_rows_and_cervical_vertebrae_are_normal(varied_plans: list[CasePlan]) -> None:
    grades: dict[str, set[int | None]] = {}
    for plan in varied_plans:
        for row in plan.rows():
            grades.setdefault(row.vertebra, set()).add(row.grade)
    assert not grades.keys() & {"S1", "S2"}
    assert grades["C6"] == grades["C7"] == {0}
    assert any(body.level == "S2" and body.origin[2] > 0 for plan in varied_plans for body in plan.bodies)


def test_some_fields_reach_the_hips(varied_plans: list[CasePlan]) -> None:
    """The lower border from the middle of S2, where a field shows it."""
    below = np.array([body.origin[2] for plan in varied_plans for body in plan.bodies if body.level == "S2"])
    shown = below[below > 0]
    assert 0.25 < np.mean(shown > 40) < 0.75
    assert shown.max() > 100


def test_every_row_lies_inside_its_own_body(cases: list[tuple[CasePlan, Any, Any]]) -> None:
    for plan, _, mask in cases:
        rows = plan.rows()
        index = np.rint(mask.world_to_index(np.array([row.centroid for row in rows]))).astype(int)
        assert mask.array[tuple(index.T)].tolist() == list(range(1, len(rows) + 1))
        assert mask.array.max() == len(rows)


def test_every_case_is_a_ct_in_hounsfield_units(cases: list[tuple[CasePlan, Any, Any]]) -> None:
    for plan, image, _ in cases:
        assert image.array.dtype == np.int16, plan.case_id
        assert check_hounsfield(image.array) == [], plan.case_id


def test_bodies_differ_in_density_as_those_of_patients(cases: list[tuple[CasePlan, Any, Any]]) -> None:
    densities = []
    for plan, image, mask in cases:
        normal = [number for number, body in enumerate(plan.visible, start=1) if body.fracture is None]
        densities.append(np.median(image.array[np.isin(mask.array, normal)]))
    assert 0 < min(densities) < 120
    assert 180 < max(densities) < 450


def test_the_same_seed_gives_the_same_voxels(varied_plans: list[CasePlan]) -> None:
    case = min(range(CASES), key=lambda number: int(np.prod(varied_plans[number].grid.shape)))
    first, again = (render_case(plan_case(2, case, VARIED), VARIED) for _ in range(2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.array, two.array)


def test_what_not_every_cohort_has_changes_nothing_else(varied_plans: list[CasePlan]) -> None:
    plan = min(varied_plans, key=lambda plan: int(np.prod(plan.grid.shape)))
    with_metal = replace(VARIED, implants=replace(VARIED.implants, chance=1.0))
    without = replace(VARIED, implants=replace(VARIED.implants, chance=0.0))
    one, two = (render_case(plan, settings) for settings in (with_metal, without))
    np.testing.assert_array_equal(one[1].array, two[1].array)
    same = one[0].array == two[0].array
    assert same[0].mean() > 0.2 or same[-1].mean() > 0.2
    assert not same.all()
