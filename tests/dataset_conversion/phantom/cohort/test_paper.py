"""The plans of the paper's cohort: every number in the paper, counted in the vertebra table."""

import numpy as np

from dataset_conversion.phantom.cohort.auc_ceiling import auc_ceiling
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.cohort.counts import count
from dataset_conversion.phantom.cohort.paper import STATED
from dataset_conversion.spine.anatomy import expected_spacing


def test_the_table_has_the_numbers_that_the_paper_states(paper_plans: list[CasePlan]) -> None:
    found = count([plan.rows() for plan in paper_plans])
    assert found.keys() == STATED.keys()
    for name, stated in STATED.items():
        if isinstance(stated, str):
            assert found[name] > float(stated.removeprefix("> "))
        else:
            assert round(found[name], 2) == stated


def test_the_ceiling_is_below_one_and_near_good_readers(paper_plans: list[CasePlan]) -> None:
    found = {name: auc for name, auc in auc_ceiling(paper_plans).items() if auc is not None}
    assert 0.90 < found["vertebra_auc"] < 0.97
    assert 0.75 < found["patient_auc"] < 0.99
    assert found["vertebra_auc_mild"] < found["vertebra_auc_moderate"] <= found["vertebra_auc_severe"]


def test_normal_bodies_vary_as_readings_of_chest_ct_do(paper_plans: list[CasePlan]) -> None:
    heights = [body.shape.heights for plan in paper_plans for body in plan.visible if body.fracture is None]
    anterior = np.array([height.anterior / height.posterior for height in heights])
    middle = np.array([height.middle / height.posterior for height in heights])
    assert abs(anterior.mean() - 0.93) < 0.01
    assert abs(anterior.std() - 0.08) < 0.01
    assert abs(middle.mean() - 0.85) < 0.01
    assert abs(middle.std() - 0.06) < 0.01


def test_normal_neighbours_are_as_far_apart_as_in_verse(paper_plans: list[CasePlan]) -> None:
    spacings: dict[tuple[str, str], list[float]] = {}
    for plan in paper_plans:
        for upper, lower in zip(plan.visible[:-1], plan.visible[1:], strict=True):
            if not upper.fracture and not lower.fracture:
                distance = float(np.linalg.norm(upper.centroid - lower.centroid))
                spacings.setdefault((upper.level, lower.level), []).append(distance)
    assert {("T1", "T2"), ("T12", "L1"), ("S1", "S2")} <= spacings.keys()
    for pair, distances in spacings.items():
        assert abs(np.mean(distances) / expected_spacing(*pair) - 1) < 0.06, pair


def test_a_severe_fracture_draws_its_neighbours_closer(paper_plans: list[CasePlan]) -> None:
    spacings: dict[int, list[float]] = {0: [], 3: []}
    for plan in paper_plans:
        for upper, lower in zip(plan.visible[:-1], plan.visible[1:], strict=True):
            grades = [body.fracture.grade if body.fracture else 0 for body in (upper, lower)]
            if max(grades) in spacings:
                distance = float(np.linalg.norm(upper.centroid - lower.centroid))
                spacings[max(grades)].append(distance / expected_spacing(upper.level, lower.level))
    assert np.mean(spacings[3]) < np.mean(spacings[0]) - 0.1
