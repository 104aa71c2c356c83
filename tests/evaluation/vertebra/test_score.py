from collections.abc import Sequence

import numpy as np
import pytest
from scipy import ndimage

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.settings import EvaluationSettings
from evaluation.vertebra.score import centre_scores, vertebra_scores

EXACT = EvaluationSettings(localisation_noise=0.0, localisation_draws=1)
NOISY = EvaluationSettings(localisation_draws=400)


def at(x: float, y: float, z: float, case_id: str = "a", level: str = "L1") -> Vertebra:
    return Vertebra(case_id, case_id, level, x, y, z, 0)


def random_map(shape: tuple[int, int, int] = (30, 28, 26)) -> ProbabilityMap:
    noise = np.random.default_rng(0).random(shape)
    return ProbabilityMap.from_probability(ndimage.gaussian_filter(noise, 1).astype(np.float32), np.eye(4))


def ramp(axis: int) -> ProbabilityMap:
    """Probability grows by 0.02 a voxel along one array axis."""
    return ProbabilityMap.from_probability((0.02 * np.indices((40, 40, 40))[axis]).astype(np.float32), np.eye(4))


def score(probability_map: ProbabilityMap, vertebra: Vertebra, side: int = 10) -> float:
    return float(vertebra_scores(probability_map, [vertebra], side, EXACT)[0, 0])


@pytest.mark.parametrize("side", [1, 2, 9, 10])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_cube_of_any_side_is_centred_without_bias(side: int, axis: int) -> None:
    point = (20.0, 17.3, 15.8)
    assert score(ramp(axis), at(*point), side) == pytest.approx(0.02 * point[::-1][axis], abs=1e-5)


def test_odd_cube_on_a_voxel_equals_the_sum_by_hand() -> None:
    probability_map = random_map()
    z, y, x = 12, 13, 14
    total = weight_sum = 0.0
    for dz in (-1, 0, 1):
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                weight = np.exp(-(dz**2 + dy**2 + dx**2) / (2 * 0.75**2))
                total += weight * probability_map.probability[z + dz, y + dy, x + dx]
                weight_sum += weight
    assert score(probability_map, at(x, y, z), 3) == pytest.approx(total / weight_sum, rel=1e-5)


def test_cube_cut_by_the_border_uses_what_is_inside() -> None:
    ones = ProbabilityMap.from_probability(np.ones((12, 12, 12), dtype=np.float32), np.eye(4))
    assert score(ones, at(0, 11, 0)) == pytest.approx(1)
    # Inside, above the centroid, the ramp is higher; outside there is nothing to balance it.
    assert score(ramp(0), at(20, 20, 0)) > 0.02


def test_without_noise_all_draws_are_the_exact_centroid() -> None:
    settings = EvaluationSettings(localisation_noise=0.0, localisation_draws=4)
    scores = vertebra_scores(random_map(), [at(12.2, 13, 14)], 10, settings)
    assert np.ptp(scores) == 0
    assert scores[0, 0] == score(random_map(), at(12.2, 13, 14))


def test_given_centres_score_as_vertebrae_without_noise() -> None:
    """Also at the border of the map; the number of centres does not matter."""
    probability_map = random_map()
    points = [(12.2, 13.0, 14.0), (0.0, 27.0, 0.5), (-40.0, 13.0, 14.0), (0.0, 13.0, 14.0)]
    found = centre_scores(probability_map, np.array(points), 10, NOISY)
    assert found.tolist() == [score(probability_map, at(*point)) for point in points]
    assert found[2] == found[3]
    assert centre_scores(probability_map, np.empty((0, 3)), 10, NOISY).shape == (0,)


def test_noise_has_the_set_standard_deviation_on_every_axis() -> None:
    settings = EvaluationSettings(localisation_draws=400)
    for axis in range(3):
        moved = vertebra_scores(ramp(axis), [at(20, 20, 20)], 1, settings)[0] / 0.02 - 20
        assert moved.std() == pytest.approx(3, abs=0.35)
        assert abs(moved.mean()) < 0.5


def store(original: ProbabilityMap, axes: Sequence[int], flipped: tuple[int, ...]) -> ProbabilityMap:
    """The same map in the world with its array axes permuted and some of them flipped."""
    probability = np.flip(original.probability.transpose(axes), flipped)
    columns = original.affine[:3, :3][:, ::-1][:, list(axes)]
    origin = original.affine[:3, 3].copy()
    for axis in flipped:
        origin = origin + columns[:, axis] * (probability.shape[axis] - 1)
        columns[:, axis] *= -1
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = columns[:, ::-1], origin
    return ProbabilityMap.from_probability(probability, affine)


@pytest.mark.parametrize(("axes", "flipped"), [((0, 1, 2), (0,)), ((2, 0, 1), (1, 2)), ((1, 2, 0), ())])
def test_storage_orientation_does_not_change_the_score(axes: tuple[int, ...], flipped: tuple[int, ...]) -> None:
    vertebra = [at(12.3, 13.1, 14.7)]
    stored = store(random_map(), axes, flipped)
    np.testing.assert_allclose(
        vertebra_scores(random_map(), vertebra, 10, NOISY), vertebra_scores(stored, vertebra, 10, NOISY), rtol=1e-5
    )


def test_turning_the_world_does_not_change_the_score() -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    turned = np.eye(4)
    turned[:3, :3], turned[:3, 3] = rotation, [5, 6, 7]
    point = np.array([12.3, 13.1, 14.7])
    oblique = ProbabilityMap.from_probability(random_map().probability, turned)
    assert score(oblique, at(*(rotation @ point + [5, 6, 7]))) == pytest.approx(
        score(random_map(), at(*point)), rel=1e-5
    )


def test_no_vertebra_gives_no_row() -> None:
    assert vertebra_scores(random_map(), [], 10, NOISY).shape == (0, 400)


@pytest.mark.parametrize("probability", [0.0, 0.1, 1 / 3, 0.7, 1.0])
def test_equal_maps_give_equal_scores_wherever_the_vertebra_lies(probability: float) -> None:
    constant = np.full((40, 44, 48), probability, dtype=np.float32)
    affine = np.diag([0.7, 0.83, 1.1, 1.0])
    affine[:3, 3] = (-123.4, 56.7, -891.2)
    probability_map = ProbabilityMap.from_probability(constant, affine)
    places = affine[:3, 3] + np.random.default_rng(0).uniform(0, 1, (40, 3)) * (32.0, 36.0, 42.0)
    vertebrae = [at(x, y, z, str(number)) for number, (x, y, z) in enumerate(places.tolist())]
    scores = vertebra_scores(probability_map, vertebrae, 10, EvaluationSettings(localisation_draws=50))
    assert np.unique(scores).size == 1


def test_a_map_moved_in_the_world_gives_the_same_scores() -> None:
    """The world coordinates are rounded differently in the two maps."""
    here = random_map((40, 40, 40))
    affine = np.eye(4)
    affine[:3, 3] = shift = np.array((-812.37, 401.9, -1203.611))
    there = ProbabilityMap(here.quantised, affine)
    places = np.random.default_rng(1).uniform(12, 28, (50, 3))
    for place in places:
        assert score(here, at(*place)) == score(there, at(*(place + shift)))
