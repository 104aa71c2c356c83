"""Layout of a spine: curve, distances, and the effect of fractures on them."""

from itertools import pairwise

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.spine import Body, Composition, draw_spine
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.cohort.presets import BODY, SPINE
from dataset_conversion.phantom.settings.levels import PHANTOM_LEVELS, levels_between
from dataset_conversion.spine.anatomy import expected_spacing
from tests.dataset_conversion.phantom.depth import body_depth


def relative_spacing(upper: Body, lower: Body) -> float:
    return float(np.linalg.norm(upper.centroid - lower.centroid)) / expected_spacing(upper.level, lower.level)


def test_levels_follow_one_another(plans: list[CasePlan]) -> None:
    for plan in plans:
        places = [PHANTOM_LEVELS.index(body.level) for body in plan.bodies]
        assert np.all(np.diff(places) == 1)
        assert np.all(np.diff([body.origin[2] for body in plan.bodies]) < 0)


def test_levels_are_laid_out_beyond_the_field_down_to_s2(rng: np.random.Generator) -> None:
    laid_out = [
        [body.level for body in draw_spine(rng, Composition(levels_between(*ends), {}), BODY)]
        for ends in (("T9", "L2"), ("T1", "L5"), ("T11", "S2"))
    ]
    assert [(levels[0], levels[-1]) for levels in laid_out] == [("T7", "L4"), ("C6", "S2"), ("T9", "S2")]


def test_normal_neighbours_are_as_far_apart_as_expected(plans: list[CasePlan]) -> None:
    normal = [
        relative_spacing(*pair)
        for plan in plans
        for pair in pairwise(plan.visible)
        if not pair[0].fracture and not pair[1].fracture
    ]
    assert np.mean(normal) == pytest.approx(1.0, abs=0.03)


def test_fractures_draw_their_neighbours_closer(plans: list[CasePlan]) -> None:
    spacings: dict[bool, list[float]] = {True: [], False: []}
    for plan in plans:
        for upper, lower in pairwise(plan.visible):
            crushed = [body.fracture for body in (upper, lower) if body.fracture and body.fracture.shape == "crush"]
            spacings[bool(crushed)].append(relative_spacing(upper, lower))
    assert np.mean(spacings[True]) < np.mean(spacings[False]) - 0.08


def test_a_wedge_bends_the_spine_forward(rng: np.random.Generator) -> None:
    def bend(bodies: list[Body], index: int) -> float:
        above, below = bodies[index - 1].frame.up, bodies[index + 1].frame.up
        return float(np.degrees(np.arctan2(below[1], below[2]) - np.arctan2(above[1], above[2])))

    bends: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(150):
        composition = Composition(levels_between("T10", "L3"), {"T12": 1 + seed % 3})
        bodies = draw_spine(np.random.default_rng(seed), composition, SPINE)
        for index in range(1, len(bodies) - 1):
            fracture = bodies[index].fracture
            if fracture is None or fracture.shape == "wedge":
                bends[fracture is not None].append(bend(bodies, index))
    assert np.mean(bends[True]) > np.mean(bends[False]) + 3


def test_thoracic_kyphosis_turns_into_lumbar_lordosis(plans: list[CasePlan]) -> None:
    leans: dict[str, list[float]] = {}
    for plan in plans[:]:
        lean = {body.level: np.degrees(np.arctan2(body.frame.up[1], body.frame.up[2])) for body in plan.bodies}
        for upper, lower in pairwise(lean):
            leans.setdefault(f"{upper}-{lower}", []).append(lean[lower] - lean[upper])
    assert np.mean(leans["T8-T9"]) > 2
    assert np.mean(leans["L3-L4"]) < -4


def test_bodies_do_not_run_into_each_other(plans: list[CasePlan]) -> None:
    """The middle of each endplate lies outside both neighbours."""
    for plan in plans:
        for upper, lower in pairwise(plan.visible):
            half = (upper.shape.heights.middle + 1) / 2
            below = upper.centroid - upper.frame.up * half - lower.origin
            axes = (lower.frame.left, lower.frame.posterior, lower.frame.up)
            u, v, w = (np.array([below @ axis], np.float32) for axis in axes)
            depth = body_depth(lower.shape, u, v, w)
            assert depth[0] < 0


def test_the_spine_is_scoliotic_by_a_few_millimetres(plans: list[CasePlan]) -> None:
    deviations = []
    for plan in plans:
        x, _, z = np.transpose([body.centroid for body in plan.visible])
        deviations.append(np.abs(x - np.polyval(np.polyfit(z, x, 1), z)).max())
    assert 1 < np.median(deviations) < 5
    assert np.percentile(deviations, 95) < 12


def test_exactly_the_given_levels_are_fractured(rng: np.random.Generator) -> None:
    expected = {"T12": 2, "L1": 3}
    bodies = draw_spine(rng, Composition(levels_between("T10", "L3"), expected), SPINE)
    assert {body.level: body.fracture.grade for body in bodies if body.fracture} == expected


def test_the_sacrum_leans_forward(paper_plans: list[CasePlan]) -> None:
    leans = []
    for plan in paper_plans[:40]:
        sacrum = [body for body in plan.bodies if body.level == "S1"]
        leans += [np.degrees(np.arctan2(body.frame.up[1], body.frame.up[2])) for body in sacrum]
    assert -50 < np.mean(leans) < -18
