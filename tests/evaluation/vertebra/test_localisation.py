import numpy as np
import pytest

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.settings import EvaluationSettings, LocalisationError
from evaluation.vertebra.localisation import noised_centroids

MANY = EvaluationSettings(localisation_draws=200_000)
STRESS = EvaluationSettings(localisation_draws=200_000, localisation_error="lognormal")


def vertebra(case_id: str = "a", level: str = "L1") -> Vertebra:
    return Vertebra(case_id, case_id, level, 10.0, 20.0, 30.0, 0)


def test_normal_error_has_the_papers_deviation_on_every_axis() -> None:
    error = noised_centroids(vertebra(), MANY) - [10, 20, 30]
    np.testing.assert_allclose(error.std(axis=0), 3, rtol=0.01)
    np.testing.assert_allclose(error.mean(axis=0), 0, atol=0.03)


def test_stress_error_has_the_mean_and_deviation_of_its_distance_and_no_direction() -> None:
    error = noised_centroids(vertebra(), STRESS) - [10, 20, 30]
    distance = np.linalg.norm(error, axis=1)
    assert distance.mean() == pytest.approx(6.2, rel=0.02)
    assert distance.std() == pytest.approx(16.2, rel=0.15)
    # Many small errors and a few gross ones.
    assert np.median(distance) == pytest.approx(6.2 / np.sqrt(1 + (16.2 / 6.2) ** 2), rel=0.02)
    np.testing.assert_allclose((error / distance[:, None]).mean(axis=0), 0, atol=0.01)


def test_no_error_leaves_the_centroid() -> None:
    exact = EvaluationSettings(localisation_noise=0.0, localisation_draws=4)
    np.testing.assert_array_equal(noised_centroids(vertebra(), exact), [[10, 20, 30]] * 4)


@pytest.mark.parametrize("error", ["normal", "lognormal"])
def test_draws_depend_on_seed_case_and_level_alone(error: LocalisationError) -> None:
    settings = EvaluationSettings(localisation_error=error, localisation_draws=3)
    drawn = noised_centroids(vertebra(), settings)
    np.testing.assert_array_equal(drawn, noised_centroids(vertebra(), settings))
    others = [
        noised_centroids(vertebra(case_id="b"), settings),
        noised_centroids(vertebra(level="L2"), settings),
        noised_centroids(vertebra(), EvaluationSettings(localisation_error=error, localisation_draws=3, seed=1)),
    ]
    assert all((drawn != other).all() for other in others)
