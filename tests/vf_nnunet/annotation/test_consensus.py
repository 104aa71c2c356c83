from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import read_vertebra_table
from evaluation.agreement.pairs import PairSettings
from tests.vf_nnunet.annotation.marks import mark
from vf_nnunet.annotation.consensus import Consensus, begin_consensus
from vf_nnunet.annotation.mark import Mark
from vf_nnunet.annotation.reading_table import write_reading
from vf_nnunet.annotation.session import AnnotationSession


def begin(folder: Path, first: list[Mark], second: list[Mark]) -> Consensus:
    for name, marks in (("anna", first), ("tom", second)):
        write_reading(folder / f"{name}.csv", name, {"a": marks, name: [mark("C3")]}, {})
    return begin_consensus(folder / "anna.csv", folder / "tom.csv", PairSettings())


def test_what_both_say_is_taken_over_and_the_rest_is_open(tmp_path: Path) -> None:
    first = [
        mark("T12", 90.0, grade=2, shape="wedge"),
        mark("L1", 60.0, gradable=False),
        mark("L2", 30.0, grade=0),
        mark("L3", 0.0, grade=1),
        mark("L4", -30.0, gradable=False),
    ]
    second = [
        mark("T12", 94.0, grade=2, shape="wedge"),
        mark("L1", 60.0, gradable=False),
        mark("L2", 40.0, grade=1),
        mark("L4", -30.0),
        mark("L5", -60.0, grade=0),
    ]
    found = begin(tmp_path, first, second)
    assert list(found.marks) == ["a"]
    assert [(one.vertebra, one.z, one.grade, one.gradable, one.shape) for one in found.marks["a"]] == [
        ("T12", 92.0, 2, True, "wedge"),
        ("L1", 60.0, None, False, None),
        ("L2", 30.0, None, True, None),
        ("L3", 0.0, None, True, None),
        ("L4", -30.0, None, True, None),
        ("L5", -60.0, None, True, None),
    ]
    assert found.remarks["a"] == {
        "L2": "anna: L2 0; tom: L2 1; 10 mm apart",
        "L3": "anna: L3 1; tom: not marked",
        "L4": "anna: L4 x; tom: L4 not graded",
        "L5": "anna: not marked; tom: L5 0",
    }


def test_names_that_are_shifted_stay_apart(tmp_path: Path) -> None:
    first = [mark("L1", 60.0, grade=0), mark("L2", 30.0, grade=0)]
    second = [mark("T12", 60.0, grade=0), mark("L1", 30.0, grade=0), mark("L2", 0.0, grade=0)]
    found = begin(tmp_path, first, second)
    assert [one.vertebra for one in found.marks["a"]] == ["L1", "L2", "L3"]
    assert found.remarks["a"]["L3"] == "anna: not marked; tom: L2 0"


def test_a_consensus_begins_once(tmp_path: Path) -> None:
    table = tmp_path / "both.csv"
    session = AnnotationSession(table, "consensus", ["a"])
    session.begin({"a": [mark("L1", grade=1)], "without a CT": [mark("L1")]})
    assert [(row.case_id, row.grade) for row in read_vertebra_table(table)] == [("a", 1)]
    again = AnnotationSession(table, "consensus", ["a"])
    again.begin({"a": [mark("L2", grade=3)]})
    assert [one.vertebra for one in again.marks("a")] == ["L1"]


def test_each_table_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    read_bytes = Path.read_bytes

    def watch(path: Path) -> bytes:
        read.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", watch)
    begin(tmp_path, [mark("L1", grade=0)], [mark("L1", grade=0)])
    assert read == ["anna.csv", "tom.csv"]


def test_damaged_readings_are_named_together(tmp_path: Path) -> None:
    for name in ("anna", "tom"):
        (tmp_path / f"{name}.csv").write_text("case_id\na\n")
    with pytest.raises(InputError) as caught:
        begin_consensus(tmp_path / "anna.csv", tmp_path / "tom.csv", PairSettings())
    assert [problem.partition(": ")[0] for problem in caught.value.problems] == ["first reader", "second reader"]
    assert "tom.csv" in caught.value.problems[1]


def test_readers_of_other_cases_have_no_consensus(tmp_path: Path) -> None:
    for name in ("anna", "tom"):
        write_reading(tmp_path / f"{name}.csv", name, {name: [mark("L1")]}, {})
    with pytest.raises(InputError, match="no case in both"):
        begin_consensus(tmp_path / "anna.csv", tmp_path / "tom.csv", PairSettings())
