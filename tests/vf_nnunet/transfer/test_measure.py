"""Made-up maps of a small spine whose numbers are known."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.maps.probability_map import ProbabilityMap
from tests.vf_nnunet.small_spine import HALF, SmallSpine
from tests.vf_nnunet.transfer.test_known_vertebrae import CUT_ROW, known
from vf_nnunet.screening.vertebrae.rule import VertebraRule
from vf_nnunet.transfer.measure import CaseMeasure, measure_case

BLOB = -2.0
"""Exponent of a blob's probability at one half axis from its centre."""


def maps_of(spine: SmallSpine, normal: list[np.ndarray], fracture: list[np.ndarray]) -> dict[str, ProbabilityMap]:
    """Maps with a blob of 0.95 at each of the LPS points."""
    maps = {}
    for name, points in (("normal", normal), ("fracture", fracture)):
        probability = np.zeros(spine.mask.shape, np.float32)
        grid = np.indices(spine.mask.shape, dtype=np.float32)
        for point in points:
            place = ProbabilityMap(np.zeros((1, 1, 1), np.uint16), spine.affine).world_to_index(point)[0]
            distance = sum(((axis - at) / half) ** 2 for axis, at, half in zip(grid, place, HALF, strict=True))
            probability = np.maximum(probability, 0.95 * np.exp(BLOB * distance)).astype(np.float32)
        maps[name] = ProbabilityMap.from_probability(probability, spine.affine)
    return maps


def measured(
    spine: SmallSpine, folder: Path, normal: list[np.ndarray], fracture: list[np.ndarray] | None = None, first: int = 0
) -> CaseMeasure:
    return measure_case(maps_of(spine, normal, fracture or []), known(spine, folder, first), VertebraRule(), 0.5)


def test_a_model_that_is_right(spine: SmallSpine, tmp_path: Path) -> None:
    found = measured(spine, tmp_path, list(spine.centres))
    assert [body.found for body in found.bodies] == [True] * 5
    assert max(body.distance_mm or 99 for body in found.bodies) < 1
    assert {body.fracture for body in found.bodies} == {0.0}
    assert min(body.normal for body in found.bodies) > 0.8
    assert len(found.discs) == 4
    assert max(disc.vertebra for disc in found.discs) < 0.1
    assert (found.located, found.inserted, found.false, found.fracture_mm3) == (5, 0, 0, 0.0)


def test_a_model_that_marks_discs_finds_no_vertebra(spine: SmallSpine, tmp_path: Path) -> None:
    discs = list((spine.centres[1:] + spine.centres[:-1]) / 2)
    found = measured(spine, tmp_path, [], discs)
    assert not any(body.found for body in found.bodies)
    assert [body.distance_mm for body in found.bodies] == pytest.approx([16.5] * 5, abs=1)
    assert (found.located, found.false, found.beyond) == (4, 4, 0)
    assert min(disc.fracture for disc in found.discs) > 0.9
    assert found.fracture_mm3 > 1000
    assert 0.2 * found.fracture_mm3 < found.outside_mm3 < found.fracture_mm3


def test_an_inserted_vertebra_is_not_found(spine: SmallSpine, tmp_path: Path) -> None:
    found = measured(spine, tmp_path, [spine.centres[row] for row in (0, 1, 3, 4)])
    assert [body.found for body in found.bodies] == [True, True, False, True, True]
    assert (found.located, found.inserted, found.false) == (5, 1, 0)
    assert found.bodies[2].distance_mm == pytest.approx(0, abs=2)


@pytest.mark.parametrize(("sideways", "false"), [(12.0, 0), (21.0, 5)])
def test_a_chain_beside_the_spine(spine: SmallSpine, tmp_path: Path, sideways: float, false: int) -> None:
    """12 mm is too far from the centre, but still in the body; 21 mm is beside it."""
    found = measured(spine, tmp_path, list(spine.centres + np.array([sideways, 0, 0])))
    assert not any(body.found for body in found.bodies)
    assert [body.distance_mm for body in found.bodies] == pytest.approx([sideways] * 5, abs=1)
    assert (found.located, found.false, found.beyond) == (5, false, 0)


def test_a_vertebra_found_in_a_cut_body_is_not_false(spine: SmallSpine, tmp_path: Path) -> None:
    found = measured(spine, tmp_path, [*spine.centres[:4], spine.centres[4] + [0, 0, 2]], first=CUT_ROW)
    assert [body.level for body in found.bodies] == ["L1", "L2", "L3", "L4"]
    assert (found.located, found.false) == (5, 0)


def test_false_points_above_all_masks_are_told_apart(spine: SmallSpine, tmp_path: Path) -> None:
    spine.mask[spine.mask == 20] = 0  # no mask of L1
    found = measured(spine, tmp_path, list(spine.centres))
    assert [body.level for body in found.bodies] == ["L2", "L3", "L4", "L5"]
    assert (found.located, found.false, found.beyond) == (5, 1, 1)


def test_maps_without_a_spine(spine: SmallSpine, tmp_path: Path) -> None:
    found = measured(spine, tmp_path, [])
    assert found.located == found.false == 0
    assert {(body.found, body.distance_mm) for body in found.bodies} == {(False, None)}
