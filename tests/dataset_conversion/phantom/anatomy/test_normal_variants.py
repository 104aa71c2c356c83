"""Normal bodies that are wedged, short or irregular."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.phantom.anatomy.body_shape import normal_shape
from dataset_conversion.phantom.anatomy.normal_variants import vary_normals
from dataset_conversion.phantom.cohort.case import plan_case
from dataset_conversion.phantom.cohort.varied import VARIED
from dataset_conversion.phantom.settings.levels import levels_between
from dataset_conversion.phantom.settings.normal_variants import NormalVariants
from dataset_conversion.phantom.settings.spine import ShapeSettings
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from dataset_conversion.spine.anatomy import body_size
from dataset_conversion.spine.heights import Heights

LEVELS = levels_between("C6", "S2")
NORMALS = [normal_shape(np.random.default_rng(0), body_size(level), 1.0, ShapeSettings()) for level in LEVELS]


def vary(seed: int, settings: NormalVariants | None) -> dict[str, BodyShape]:
    return dict(zip(LEVELS, vary_normals(np.random.default_rng(seed), LEVELS, NORMALS, settings), strict=True))


def loss(heights: Heights) -> float:
    """What a body has lost against its own posterior height."""
    return 1 - min(heights.anterior, heights.middle, heights.posterior) / heights.posterior


@given(st.integers(0, 10_000))
def test_a_normal_body_loses_less_than_a_fifth_of_its_height(seed: int) -> None:
    bodies = vary(seed, NormalVariants())
    assert max(loss(body.heights) for level, body in bodies.items() if not level.startswith("S")) < 0.2


def test_grades_of_the_varied_cohort_are_those_of_their_heights() -> None:
    """By a fifth of the posterior height; a crush is measured against the height before."""
    for case in range(12):
        for body in plan_case(4, case, VARIED).bodies:
            if body.sacral:
                continue
            if body.fracture is None:
                assert loss(body.shape.heights) < 0.2
            elif body.fracture.shape == "crush":
                assert body.shape.heights.posterior < 0.8 * body.normal.heights.posterior
            else:
                assert loss(body.shape.heights) == pytest.approx(body.fracture.loss)
                assert body.fracture.loss > 0.2


def test_without_settings_and_in_the_sacrum_bodies_stay() -> None:
    assert list(vary(1, None).values()) == NORMALS
    assert vary(1, NormalVariants())["S1"] == NORMALS[LEVELS.index("S1")]


def test_anterior_heights_follow_the_levels() -> None:
    ratios: dict[str, list[float]] = {level: [] for level in ("T8", "T12", "L3", "L5")}
    for seed in range(150):
        bodies = vary(seed, NormalVariants())
        for level, found in ratios.items():
            found.append(bodies[level].heights.anterior / bodies[level].heights.posterior)
    means = {level: np.mean(found) for level, found in ratios.items()}
    assert means["T8"] == pytest.approx(0.92, abs=0.015)
    assert means["T8"] < means["L3"] < means["L5"]
    assert np.percentile(ratios["T12"], 5) < 0.87


def test_some_bodies_are_shorter_than_their_neighbours() -> None:
    short = NormalVariants(short_chance=0.3, short=(0.85, 0.85), short_run=(1, 1))
    sizes = np.array(
        [
            body.heights.posterior / normal.heights.posterior
            for body, normal in zip(vary(3, short).values(), NORMALS, strict=True)
        ]
    )[: LEVELS.index("S1")]
    assert len(np.unique(np.round(sizes, 6))) == 2
    assert sizes.min() / sizes.max() == pytest.approx(0.85)


def test_irregular_spines_have_many_pits_and_others_few() -> None:
    calm = replace(NormalVariants(), irregular_chance=0.0, uneven_chance=0.0, limbus_chance=0.0)
    rough = replace(calm, irregular_chance=1.0, irregular_share=(1.0, 1.0))
    assert sum(len(body.pits) for body in vary(2, calm).values()) == 0
    pits = {level: len(body.pits) for level, body in vary(2, rough).items()}
    assert all((pits[level] >= 2) == (level in levels_between("T5", "L2")) for level in LEVELS)


def test_a_limbus_is_at_the_anterior_edge() -> None:
    only = replace(NormalVariants(), irregular_chance=0.0, uneven_chance=0.0, limbus_chance=1.0)
    for level, body in vary(2, only).items():
        if not level.startswith("S"):
            (pit,) = body.pits
            assert pit.v < -0.8 * body.half_depth
