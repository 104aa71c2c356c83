from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.analysis.locating import locate_case
from evaluation.cohort.cases import Case
from evaluation.cohort.sources import CaseMap
from evaluation.settings import EvaluationSettings
from evaluation.vertebra.score import vertebra_scores
from tests.evaluation.conftest import CENTROIDS, blob_map, vertebrae_of

FRACTURE = blob_map({"L1": 0.8})
NORMAL = blob_map({"T12": 0.95, "L1": 0.15, "L2": 0.95})


def a_case() -> Case:
    rows = vertebrae_of("a", {"T12": 0, "L1": 2, "L2": None})
    return Case(CaseMap("a", Path("a_fracture.nii.gz")), "a", tuple(rows[:2]), tuple(rows[2:]))


def test_vertebrae_of_both_maps_are_located_and_scored_in_one(settings: EvaluationSettings) -> None:
    found = locate_case(a_case(), FRACTURE, NORMAL, settings)
    centres = np.array([vertebra.centre for vertebra in found.vertebrae])
    np.testing.assert_allclose(centres, list(CENTROIDS.values()), atol=0.5)
    assert found.scores.shape == (1, 3)
    assert found.scores[0].argmax() == 1


def test_annotated_centres_are_scored_without_an_error(settings: EvaluationSettings) -> None:
    case, exact = a_case(), replace(settings, localisation_noise=0.0)
    found = locate_case(case, FRACTURE, NORMAL, settings)
    expected = vertebra_scores(FRACTURE, case.vertebrae, 10, exact)[:, 0]
    np.testing.assert_array_equal(found.annotated_scores, expected[None])


def test_every_candidate_of_the_cube_is_used(settings: EvaluationSettings) -> None:
    chosen = replace(settings, cube_side="auto", cube_candidates=(1, 10))
    found = locate_case(a_case(), FRACTURE, NORMAL, chosen)
    assert found.scores.shape == (2, 3)
    assert found.annotated_scores[0, 1] == pytest.approx(0.8, abs=1e-4)
    np.testing.assert_array_equal(found.scores[1], locate_case(a_case(), FRACTURE, NORMAL, settings).scores[0])


def test_maps_without_a_spine(settings: EvaluationSettings) -> None:
    empty = blob_map({})
    found = locate_case(a_case(), empty, empty, settings)
    assert found.vertebrae == ()
    assert found.scores.shape == (1, 0)
    assert found.annotated_scores.tolist() == [[0.0, 0.0]]
