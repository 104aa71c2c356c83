"""The layout of a spine: curve, distances, what fractures do to them."""

from itertools import pairwise

import numpy as np
import pytest

from dataset_conversion.anatomy import expected_spacing, level_index
from dataset_conversion.phantom.body import body_depth
from dataset_conversion.phantom.case import CasePlan
from dataset_conversion.phantom.settings import PhantomSettings, SpineSettings
from dataset_conversion.phantom.spine import Body, draw_spine


def relative_spacing(upper: Body, lower: Body) -> float:
    return float(np.linalg.norm(upper.centroid - lower.centroid)) / expected_spacing(upper.level, lower.level)


def test_levels_follow_one_another_down_the_spine(plans: list[CasePlan]) -> None:
    for plan in plans:
        levels = [level_index(body.level) for body in plan.bodies]
        assert levels == sorted(levels)
        assert np.all(np.diff([body.origin[2] for body in plan.bodies]) < 0)
        assert plan.bodies[-1].level == "S1"


def test_five_to_seven_vertebrae_are_seen_and_never_the_sacrum(plans: list[CasePlan]) -> None:
    seen = [len(plan.visible) for plan in plans]
    assert np.mean([5 <= count <= 7 for count in seen]) > 0.97
    assert set(seen) <= {4, 5, 6, 7, 8}
    assert all(body.level != "S1" for plan in plans for body in plan.visible)


def test_normal_neighbours_are_as_far_apart_as_expected(plans: list[CasePlan]) -> None:
    normal = [
        relative_spacing(*pair)
        for plan in plans
        for pair in pairwise(plan.visible)
        if not pair[0].fracture and not pair[1].fracture
    ]
    assert np.mean(normal) == pytest.approx(1.0, abs=0.03)


def test_fractures_draw_their_neighbours_closer(plans: list[CasePlan]) -> None:
    spacings = {True: [], False: []}
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
        bodies = draw_spine(np.random.default_rng(seed), False, PhantomSettings())
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
            local = [np.array([below @ axis], np.float32) for axis in (lower.frame.left, lower.frame.posterior)]
            depth = body_depth(lower.shape, *local, np.array([below @ lower.frame.up], np.float32))
            assert depth[0] < 0


def test_the_spine_is_scoliotic_by_a_few_millimetres(plans: list[CasePlan]) -> None:
    deviations = []
    for plan in plans:
        x, _, z = np.transpose([body.centroid for body in plan.visible])
        deviations.append(np.abs(x - np.polyval(np.polyfit(z, x, 1), z)).max())
    assert 1 < np.median(deviations) < 5
    assert np.percentile(deviations, 95) < 12


def test_a_negative_spine_has_no_fracture(rng: np.random.Generator) -> None:
    assert not any(body.fracture for body in draw_spine(rng, True, PhantomSettings()))


def test_the_first_level_can_be_chosen(rng: np.random.Generator) -> None:
    settings = PhantomSettings(spine=SpineSettings(first_levels=("T9",)))
    assert draw_spine(rng, True, settings)[2].level == "T9"
