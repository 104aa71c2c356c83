import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from evaluation.analysis.located_table import LOCATED_FILE, write_located_vertebrae
from evaluation.analysis.naming import CaseNames
from evaluation.localisation.located import LocatedVertebra
from evaluation.naming.name_levels import LevelName
from tests.evaluation.analysis.test_own_centres import cohort, located, run

CASES = cohort()[0]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_located_and_every_missed_vertebra_has_a_row(tmp_path: Path) -> None:
    first = located(0, left_out=("L1",))
    more = (LocatedVertebra((0.0, 40.0, 10.0), 0.5, False), LocatedVertebra((1.0, 2.0, 90.0), 0.25, False))
    inserted = replace(first.vertebrae[1], inserted=True)
    first = replace(
        first,
        vertebrae=(first.vertebrae[0], inserted, *more),
        scores=first.scores[:, [0, 1, 1, 1]],
    )
    own = run([first, *map(located, range(1, 4))])
    path = tmp_path / LOCATED_FILE
    write_located_vertebrae(path, own, CASES)
    rows = [row for row in read(path) if row["case_id"] == "case0"]
    assert [(row["number"], row["outcome"], row["vertebra"], row["inserted"]) for row in rows] == [
        ("1", "found", "T12", "0"),
        ("2", "inserted", "L2", "1"),
        ("3", "false", "", "0"),
        ("4", "beyond", "", "0"),
        ("", "missed", "L1", ""),
    ]
    assert [float(rows[3][name]) for name in ("x", "y", "z", "probability")] == [1, 2, 90, 0.25]
    assert (rows[0]["distance_mm"], rows[0]["grade"], rows[4]["grade"]) == ("1.0", "0", "2")
    assert {row["patient_id"] for row in rows} == {"case0"}
    assert [row["identified"] for row in rows] == ["0", "0", "", "", "0"]
    assert len(read(path)) == 5 + 9


def test_each_located_vertebra_has_its_level(tmp_path: Path) -> None:
    own = run([located(number) for number in range(4)])
    names = [LevelName("T12", 0.95, "T12", "third from below"), LevelName(None, 0.6, "L1", "second from below"), None]
    found = replace(own.names.found[0], identified=np.array([True, False, False]))
    of_names = replace(
        own.names, cases=(CaseNames(tuple(names)), *own.names.cases[1:]), found=(found, *own.names.found[1:])
    )
    write_located_vertebrae(tmp_path / LOCATED_FILE, replace(own, names=of_names), CASES)
    columns = ("level", "level_probability", "most_probable_level", "vertebra", "identified")
    assert [[row[name] for name in columns] for row in read(tmp_path / LOCATED_FILE)[:3]] == [
        ["T12", "0.95", "T12", "T12", "1"],
        ["", "0.6", "L1", "L1", "0"],
        ["", "", "", "L2", "0"],
    ]


def test_the_table_reproduces_the_auc(tmp_path: Path) -> None:
    own = run([located(0, left_out=("L1",)), *map(located, range(1, 4))])
    write_located_vertebrae(tmp_path / LOCATED_FILE, own, CASES)
    rows = [row for row in read(tmp_path / LOCATED_FILE) if row["grade"]]
    fracture = [int(row["grade"]) > 0 for row in rows]
    assert roc_auc_score(fracture, [float(row["score"] or 0) for row in rows]) == pytest.approx(own.auc)


def test_the_table_of_an_earlier_evaluation_is_removed(tmp_path: Path) -> None:
    (tmp_path / LOCATED_FILE).write_text("of an earlier evaluation")
    write_located_vertebrae(tmp_path / LOCATED_FILE, None, CASES)
    assert not (tmp_path / LOCATED_FILE).exists()
