import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from evaluation.agreement.compare import compare, write_disagreements
from evaluation.agreement.pairs import PairSettings
from evaluation.settings import StatisticsSettings

LEVELS = ("T11", "T12", "L1", "L2", "L3")
STATISTICS = StatisticsSettings(bootstrap_replicates=200)


def reading(cases: int, grades: np.ndarray, shift: float = 0.0) -> list[Vertebra]:
    """A table with the grades (cases, levels); two cases for each patient."""
    return [
        Vertebra(f"case_{case}", f"patient_{case // 2}", level, shift, 0.0, -30.0 * place, int(grades[case, place]))
        for case in range(cases)
        for place, level in enumerate(LEVELS)
    ]


@pytest.fixture
def grades() -> np.ndarray:
    """Grades (2, cases, levels) of two readers who mostly agree."""
    generator = np.random.default_rng(3)
    first = generator.choice(4, (12, len(LEVELS)), p=[0.6, 0.15, 0.15, 0.1])
    second = np.where(generator.random(first.shape) < 0.3, generator.choice(4, first.shape), first)
    return np.stack([first, second])


def write(folder: Path, *tables: list[Vertebra]) -> list[Path]:
    paths = [folder / f"{name}.csv" for name in "ab"]
    for path, table in zip(paths, tables, strict=True):
        write_vertebra_table(path, table)
    return paths


@pytest.mark.parametrize("fracture_grade", [1, 2])
def test_kappas_are_cohens(tmp_path: Path, grades: np.ndarray, fracture_grade: int) -> None:
    paths = write(tmp_path, reading(12, grades[0]), reading(12, grades[1], shift=3.0))
    settings = PairSettings(fracture_grade=fracture_grade)
    summary = compare(paths[0], paths[1], settings, STATISTICS).summary
    first, second = grades.reshape(2, -1)
    expected = cohen_kappa_score(first >= fracture_grade, second >= fracture_grade)
    assert summary["any_fracture"]["kappa"] == pytest.approx(expected)
    assert summary["grade"]["kappa"] == pytest.approx(cohen_kappa_score(first, second, weights="quadratic"))
    for name in ("any_fracture", "grade"):
        low, high = summary[name]["ci95"]
        assert low < summary[name]["kappa"] < high
    assert (summary["cases"], summary["patients"]) == (12, 6)
    assert summary["distance_mm"]["mean"] == summary["distance_mm"]["largest"] == 3.0
    assert summary["disagreements"] == np.count_nonzero(first != second)


def test_the_interval_is_that_of_patients(tmp_path: Path, grades: np.ndarray) -> None:
    """Twice the same cases of the same patients tell nothing new."""
    once = [reading(12, one) for one in grades]
    twice = [[*table, *(replace(mark, case_id=f"again_{mark.case_id}") for mark in table)] for table in once]
    found = []
    for tables in (once, twice):
        first, second = write(tmp_path, *tables)
        found.append(compare(first, second, PairSettings(), STATISTICS).summary["grade"]["ci95"])
    assert found[0] == pytest.approx(found[1])


def test_every_kind_of_disagreement_is_listed(tmp_path: Path) -> None:
    first = reading(2, np.zeros((2, 5), int))
    second = list(first)
    second[0] = replace(second[0], grade=2, shape="wedge")
    second[1] = replace(second[1], vertebra="T13")
    second[2] = replace(second[2], x=8.0)
    second[3] = replace(second[3], grade=None)
    del second[4]
    second.append(Vertebra("case_1", "patient_0", "L4", 0.0, 0.0, -150.0))
    paths = write(tmp_path, first, second)
    comparison = compare(paths[0], paths[1], PairSettings(), STATISTICS)
    write_disagreements(tmp_path / "list.csv", comparison.pairs, PairSettings().far)
    with (tmp_path / "list.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["case_id"], row["vertebra"], row["differs"]) for row in rows] == [
        ("case_0", "T11", "grade shape"),
        ("case_0", "T12", "level"),
        ("case_0", "L1", "place"),
        ("case_0", "L2", "gradable"),
        ("case_0", "L3", "missing"),
        ("case_1", "L4", "missing"),
    ]
    assert (rows[0]["second_grade"], rows[0]["second_shape"], rows[2]["distance_mm"]) == ("2", "wedge", "8.0")
    assert comparison.summary["vertebrae"] == {"both": 9, "only_first": 1, "only_second": 1, "graded_by_both": 8}
    # One patient only: no interval.
    assert comparison.summary["grade"]["ci95"] is None
    assert comparison.summary["disagreements"] == 6


def test_a_shift_by_one_level_is_a_difference_of_names(tmp_path: Path, grades: np.ndarray) -> None:
    names = dict(zip(LEVELS, (*LEVELS[1:], "L4"), strict=True))
    first = reading(2, grades[0])
    second = [replace(mark, vertebra=names[mark.vertebra]) for mark in first]
    paths = write(tmp_path, first, second)
    comparison = compare(paths[0], paths[1], PairSettings(), STATISTICS)
    assert all(pair.differences(6.0) == ("level",) for pair in comparison.pairs)
    assert comparison.summary["grade"]["kappa"] == 1.0


def test_cases_of_one_reader_are_left_out_and_named(tmp_path: Path, grades: np.ndarray) -> None:
    paths = write(tmp_path, reading(4, grades[0]), reading(3, grades[1]))
    summary = compare(paths[0], paths[1], PairSettings(), STATISTICS).summary
    assert summary["cases_of_one_reader"] == {"first": ("case_3",), "second": ()}
    other = [replace(mark, case_id="other") for mark in reading(1, grades[0])]
    paths = write(tmp_path, reading(1, grades[0]), other)
    with pytest.raises(InputError, match="no case in both"):
        compare(paths[0], paths[1], PairSettings(), STATISTICS)


def test_without_grades_there_is_no_kappa(tmp_path: Path) -> None:
    ungraded = [Vertebra("a", "a", "L1", 0.0, 0.0, 0.0)]
    paths = write(tmp_path, ungraded, ungraded)
    summary = compare(paths[0], paths[1], PairSettings(), STATISTICS).summary
    assert summary["any_fracture"] is None
    assert summary["grade"] is None
    assert summary["disagreements"] == 0


def test_the_problems_of_both_tables_are_named(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("case_id\na\n")
    with pytest.raises(InputError) as caught:
        compare(tmp_path / "a.csv", tmp_path / "b.csv", PairSettings(), STATISTICS)
    assert ["a.csv" in caught.value.problems[0], "b.csv" in caught.value.problems[1]] == [True, True]
