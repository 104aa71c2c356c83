import numpy as np
import pytest

from evaluation.naming.anatomies import anatomies
from evaluation.naming.level_tables import TABLE_LEVELS, read_level_tables

TABLES = read_level_tables()
REGULAR, WITHOUT_T12, WITH_T13 = anatomies(TABLES)


def test_regular_anatomy_is_that_of_the_tables() -> None:
    assert REGULAR.levels == TABLE_LEVELS
    assert np.array_equal(REGULAR.spacing, np.exp(np.log(TABLES.spacing)))
    assert np.array_equal(REGULAR.tilt, TABLES.tilt)
    steps = len(TABLES.tilt)
    assert np.allclose(REGULAR.covariance[1, 0], TABLES.covariance[steps:, :steps])


def test_shares_are_those_of_all_persons() -> None:
    assert sum(anatomy.share for anatomy in anatomies(TABLES)) == pytest.approx(1)
    assert REGULAR.share > WITHOUT_T12.share > WITH_T13.share > 0


@pytest.mark.parametrize("anatomy", anatomies(TABLES))
def test_covariances_are_positive(anatomy: object) -> None:
    covariance = anatomy.covariance  # type: ignore[attr-defined]
    size = 2 * covariance.shape[2]
    joint = covariance.transpose(0, 2, 1, 3).reshape(size, size)
    assert np.allclose(joint, joint.T)
    assert np.linalg.eigvalsh(joint)[0] > 0


def test_steps_that_the_tables_lack_lie_between_their_neighbours() -> None:
    into, out = TABLE_LEVELS.index("T11"), TABLE_LEVELS.index("T12")
    between = np.sqrt(TABLES.spacing[into] * TABLES.spacing[out])
    assert WITHOUT_T12.levels[into + 1] == "L1"
    assert WITHOUT_T12.spacing[into] == pytest.approx(between)
    assert WITH_T13.levels[out + 1] == "T13"
    assert WITH_T13.spacing[out] == pytest.approx(between)
    assert WITH_T13.spacing[out + 1] == pytest.approx(TABLES.spacing[out])
    assert WITH_T13.covariance[0, 0, out, out] > REGULAR.covariance[0, 0, [into, out], [into, out]].min() / 2
