"""Posterior elements as solids: where they are, and where they are not."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.posterior_solids import solid_elements, solid_posterior_depth
from dataset_conversion.phantom.anatomy.spine import Body, Composition, draw_spine
from dataset_conversion.phantom.cohort.presets import BODY
from dataset_conversion.phantom.settings.levels import levels_between
from dataset_conversion.phantom.settings.varied_anatomy import varied_anatomy
from dataset_conversion.phantom.shapes.beams import Beam
from dataset_conversion.phantom.shapes.grid import Array, Grid

VARIED = varied_anatomy(BODY)
LEVELS = levels_between("T1", "L5")
FIELD = Grid(shape=(90, 110, 120), spacing=(1.0, 1.0, 1.0))
SPINOUS = 0


@pytest.fixture(scope="module")
def bodies() -> dict[str, Body]:
    drawn = draw_spine(np.random.default_rng(5), Composition(LEVELS, {"L1": 3}), VARIED)
    return {body.level: replace(body, origin=np.array([60.0, 40.0, 45.0])) for body in drawn if not body.sacral}


def beams_of(body: Body) -> list[Beam]:
    assert body.posterior is not None
    return solid_elements(body, body.posterior, VARIED.posterior)


def depth_of(body: Body) -> tuple[tuple[Array, Array, Array], Array]:
    found = solid_posterior_depth(FIELD, body, VARIED.posterior)
    assert found is not None
    box, depth = found
    return FIELD.local(box, body.origin, body.frame), depth


def test_rods_are_no_solid(bodies: dict[str, Body]) -> None:
    assert solid_posterior_depth(FIELD, bodies["T8"], BODY.posterior) is None
    assert solid_posterior_depth(FIELD, replace(bodies["T8"], posterior=None), VARIED.posterior) is None


@pytest.mark.parametrize("level", ["T1", "T6", "T12", "L1", "L3", "L5"])
def test_the_canal_of_a_vertebra_is_free(level: str, bodies: dict[str, Body]) -> None:
    body = bodies[level]
    (u, v, _), depth = depth_of(body)
    width, canal = canal_size(level)
    inside = (u / (width / 2)) ** 2 + ((v - body.normal.half_depth - canal / 2) / (canal / 2)) ** 2 < 0.95
    assert np.count_nonzero(inside) > 1000
    assert depth[inside].max() < 0


@pytest.mark.parametrize("level", ["T1", "T6", "T12", "L1", "L3", "L5"])
def test_a_ring_of_bone_closes_the_canal(level: str, bodies: dict[str, Body]) -> None:
    """Pedicles join the body to the laminae, which meet behind the canal."""
    body = bodies[level]
    (u, v, _), depth = depth_of(body)
    bone, middle = depth > 0, body.normal.half_depth + canal_size(level)[1] / 2
    at_middle = np.abs(v - middle) < 1
    assert np.any(bone & at_middle & (u > 0))
    assert np.any(bone & at_middle & (u < 0))
    assert np.any(bone & (np.abs(u) < 1) & (v > middle))
    assert np.any(bone & (v < 0.9 * body.normal.half_depth))


def test_thoracic_spinous_processes_slope_down_and_lumbar_ones_point_back(bodies: dict[str, Body]) -> None:
    def slope(level: str) -> float:
        one = beams_of(bodies[level])[SPINOUS]
        _, back, up = one.end - one.start
        return float(np.degrees(np.arctan2(-up, back)))

    assert slope("T7") > 40
    assert slope("L3") < 25
    assert slope("T7") > slope("T11") > slope("L3")


def test_lumbar_transverse_processes_reach_further_than_those_of_t12(bodies: dict[str, Body]) -> None:
    reach = {level: max(abs(one.end[0]) for one in beams_of(body)) for level, body in bodies.items()}
    assert reach["L3"] > reach["T12"] + 12
    assert reach["T1"] > reach["T12"]


def test_spinous_processes_stay_below_the_skin() -> None:
    for seed in range(30):
        for body in draw_spine(np.random.default_rng(seed), Composition(LEVELS, {}), VARIED):
            if body.sacral:
                continue
            tip = beams_of(body)[SPINOUS].end[1] - body.normal.half_depth - canal_size(body.level)[1]
            assert tip < VARIED.torso.behind_spinous + 2


def test_vertebrae_of_a_patient_differ_and_are_alike(bodies: dict[str, Body]) -> None:
    sizes = [body.posterior.size for body in bodies.values() if body.posterior]
    assert len(set(sizes)) == len(bodies)
    assert np.std(sizes) < 0.1
