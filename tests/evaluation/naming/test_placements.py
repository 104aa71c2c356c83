import numpy as np
import pytest
from scipy import stats

from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.anatomies import anatomies
from evaluation.naming.level_tables import TABLE_LEVELS, read_level_tables
from evaluation.naming.placements import log_densities, log_lateral_density
from evaluation.naming.steps import Steps
from evaluation.naming.structures import Structure
from tests.evaluation.naming.model_chain import average_chain

REGULAR = anatomies(read_level_tables())[0]
FREEDOM = 8.0


def joint(first: int, steps: int) -> FloatArray:
    part = REGULAR.covariance[:, :, first : first + steps, first : first + steps]
    return np.asarray(part.transpose(0, 2, 1, 3).reshape(2 * steps, 2 * steps))


def test_density_is_that_of_the_multivariate_t() -> None:
    chain = average_chain("T9", "T12") + np.random.default_rng(0).normal(0, 2, (4, 3))
    steps = Steps.of(chain)
    densities = log_densities(steps, Structure.plain(4), REGULAR, FREEDOM)
    assert len(densities) == len(TABLE_LEVELS) - 3
    for first in (0, 10, 21):
        mean = np.concatenate([np.log(REGULAR.spacing[first : first + 3]), REGULAR.tilt[first : first + 3]])
        expected = stats.multivariate_t(mean, joint(first, 3), FREEDOM)
        observed = np.concatenate([steps.log_spacing, steps.tilt])
        assert densities[first] == pytest.approx(expected.logpdf(observed))


def test_step_across_a_missed_vertebra_has_the_length_of_both() -> None:
    structure = Structure((0, 1, 2), (0, 1, 3))
    chain = average_chain("T9", "T12")[[0, 1, 3]]
    densities = log_densities(Steps.of(chain), structure, REGULAR, FREEDOM)
    assert TABLE_LEVELS[int(densities.argmax())] == "T9"
    assert densities.max() > log_densities(Steps.of(chain), Structure.plain(3), REGULAR, FREEDOM).max()


def test_chain_longer_than_the_spine_fits_nowhere() -> None:
    chain = np.zeros((2, 3))
    chain[1, 2] = -700
    assert not log_densities(Steps.of(chain), Structure((0, 1), (0, 25)), REGULAR, FREEDOM).size


def test_lone_centre_can_be_any_level() -> None:
    densities = log_densities(Steps.of(np.zeros((1, 3))), Structure.plain(1), REGULAR, FREEDOM)
    assert densities.tolist() == [0.0] * len(TABLE_LEVELS)


def test_lateral_angles_have_a_t_distribution() -> None:
    steps = Steps.of(np.array([[0.0, 0, 0], [3, 0, -20], [-2, 5, -44]]))
    assert log_lateral_density(steps, 0.1) == pytest.approx(stats.t(4, scale=0.1).logpdf(steps.lateral).sum())
