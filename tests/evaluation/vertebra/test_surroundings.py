from pathlib import Path

import numpy as np

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.cohort.cases import Case
from evaluation.cohort.sources import CaseMap
from evaluation.settings import EvaluationSettings
from evaluation.vertebra.surroundings import VertebraSurroundings, vertebra_surroundings

SETTINGS = EvaluationSettings()


def case_of(grades: dict[str, int | None], shapes: dict[str, str] | None = None) -> Case:
    rows = [Vertebra("a", "a", level, 0, 0, 0, grade, (shapes or {}).get(level)) for level, grade in grades.items()]
    graded = tuple(row for row in rows if row.grade is not None)
    return Case(CaseMap("a", Path("a.nii.gz")), "a", graded, tuple(row for row in rows if row.grade is None))


def surroundings_of(
    grades: dict[str, int | None], distance: float = 100.0, settings: EvaluationSettings = SETTINGS
) -> VertebraSurroundings:
    case = case_of(grades)
    return vertebra_surroundings([case], [np.full(len(case.vertebrae), distance)], settings)


def test_runs_end_where_a_vertebra_is_normal_missing_or_not_graded() -> None:
    assert surroundings_of({"T11": 1, "T12": 2, "L1": 1, "L2": 0, "L3": 3}).run_length.tolist() == [3, 3, 3, 0, 1]
    assert surroundings_of({"T11": 1, "L2": 2, "L3": 1}).run_length.tolist() == [1, 2, 2]
    assert surroundings_of({"T12": 1, "L1": None, "L2": 2}).run_length.tolist() == [1, 1]


def test_rows_keep_the_order_of_the_table() -> None:
    found = surroundings_of({"L3": 1, "T12": 0, "L1": 0, "L2": 2})
    assert found.run_length.tolist() == [2, 0, 0, 2]
    assert found.beside_fracture.tolist() == [True, False, True, True]
    assert found.edge.tolist() == [True, True, False, False]


def test_a_fracture_is_not_beside_itself() -> None:
    assert surroundings_of({"T12": 0, "L1": 1, "L2": 0}).beside_fracture.tolist() == [True, False, True]
    assert surroundings_of({"T12": 0, "L2": 1}).beside_fracture.tolist() == [False, False]


def test_edge_is_the_last_annotated_vertebra_even_when_it_is_not_graded() -> None:
    assert surroundings_of({"T12": None, "L1": 0, "L2": 0}).edge.tolist() == [False, True]
    assert surroundings_of({"T12": 0, "L1": 0, "L2": 0}, distance=29.9).edge.all()


def test_lowest_grade_of_a_fracture_is_used() -> None:
    settings = EvaluationSettings(fracture_grade=2)
    assert surroundings_of({"T12": 1, "L1": 2}, settings=settings).run_length.tolist() == [0, 1]


def test_vertebrae_of_different_cases_are_not_neighbours() -> None:
    cases = [case_of({"T12": 1}, {"T12": "wedge"}), case_of({"L1": 1})]
    found = vertebra_surroundings(cases, [np.array([50.0])] * 2, SETTINGS)
    assert found.run_length.tolist() == [1, 1]
    assert not found.beside_fracture.any()
    assert found.shape == ("wedge", None)
