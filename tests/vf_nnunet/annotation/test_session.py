import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import read_vertebra_table
from tests.vf_nnunet.annotation.marks import mark
from vf_nnunet.annotation.session import AnnotationSession, StaleChangeError

CASES = ("a", "b")


def session(folder: Path, reader: str = "eva") -> AnnotationSession:
    return AnnotationSession(folder / "vertebrae.csv", reader, CASES)


def test_every_change_is_in_a_table_that_convert_reads(tmp_path: Path) -> None:
    one = session(tmp_path)
    one.set_patient("a", "anna")
    marks = [
        mark("L2", grade=2, shape="wedge", seconds=4.25),
        mark("L1", z=30.0004, grade=0),
        mark("T12", gradable=False),
    ]
    one.change("a", one.version("a"), marks)
    assert (tmp_path / "vertebrae.csv").read_text(encoding="utf-8").splitlines() == [
        "case_id,patient_id,vertebra,x,y,z,grade,shape,reader,seconds",
        "a,anna,T12,0.0,0.0,0.0,x,,eva,0.0",
        "a,anna,L1,0.0,0.0,30.0,0,,eva,0.0",
        "a,anna,L2,0.0,0.0,0.0,2,wedge,eva,4.2",
    ]
    read = read_vertebra_table(tmp_path / "vertebrae.csv")
    assert [(row.vertebra, row.grade) for row in read] == [("T12", None), ("L1", 0), ("L2", 2)]


def test_an_annotation_goes_on_where_it_ended(tmp_path: Path) -> None:
    first = session(tmp_path)
    first.set_patient("a", "anna")
    marks = [mark("L1", z=1 / 3, gradable=False, seconds=1.26), mark("L2", grade=1), mark("L3")]
    version = first.change("a", first.version("a"), marks)
    second = session(tmp_path)
    assert second.marks("a") == first.marks("a")
    assert second.version("a") == version
    second.change("b", second.version("b"), [mark("T5")])
    assert [row.patient_id for row in read_vertebra_table(tmp_path / "vertebrae.csv")] == ["anna"] * 3 + ["b"]


def test_a_change_of_an_older_version_is_refused(tmp_path: Path) -> None:
    one = session(tmp_path)
    before = one.version("a")
    one.change("a", before, [mark("L1", grade=0)])
    with pytest.raises(StaleChangeError):
        one.change("a", before, [mark("L1", grade=3)])
    assert one.marks("a")[0].grade == 0
    # An answer that was lost: the page sends the same once more.
    assert one.change("a", before, [mark("L1", grade=0)]) == one.version("a")


def test_a_level_that_occurs_twice_changes_nothing(tmp_path: Path) -> None:
    one = session(tmp_path)
    with pytest.raises(InputError, match="case a: L1 twice; expected each level once"):
        one.change("a", one.version("a"), [mark("L1"), mark("L1", z=9)])
    assert one.marks("a") == ()
    assert not (tmp_path / "vertebrae.csv").exists()


def test_what_cannot_be_saved_is_not_kept(tmp_path: Path) -> None:
    one = AnnotationSession(tmp_path / "gone" / "vertebrae.csv", "eva", CASES)
    with pytest.raises(FileNotFoundError):
        one.change("a", one.version("a"), [mark("L1")])
    assert one.marks("a") == ()


def test_all_marks_can_be_removed(tmp_path: Path) -> None:
    one = session(tmp_path)
    version = one.change("a", one.version("a"), [mark("L1")])
    one.change("a", version, [])
    assert session(tmp_path).marks("a") == ()


def test_the_file_of_another_reader_is_refused(tmp_path: Path) -> None:
    one = session(tmp_path)
    one.change("a", one.version("a"), [mark("L1"), mark("L2")])
    with pytest.raises(InputError) as caught:
        session(tmp_path, "tom")
    assert len(caught.value.problems) == 1
    assert "read by 'eva', not by 'tom'; expected --reader 'eva', or another -o" in str(caught.value)


def test_a_table_of_another_program_and_cases_without_a_ct_stay(tmp_path: Path) -> None:
    table = tmp_path / "vertebrae.csv"
    table.write_text("case_id,vertebra,x,y,z,grade,shape\nother,L1,1,2,3,2,crush\nother,L2,1,2,3,0,wedge\n")
    one = session(tmp_path)
    one.change("a", one.version("a"), [mark("T1")])
    rows = read_vertebra_table(table)
    assert [(row.case_id, row.vertebra, row.shape) for row in rows] == [
        ("a", "T1", None),
        ("other", "L1", "crush"),
        ("other", "L2", None),
    ]


@pytest.mark.parametrize("seconds", ["-1", "long"])
def test_impossible_seconds_are_named(tmp_path: Path, seconds: str) -> None:
    (tmp_path / "vertebrae.csv").write_text(f"case_id,vertebra,x,y,z,grade,seconds\na,L1,1,2,3,0,{seconds}\n")
    with pytest.raises(InputError, match=f"seconds is '{seconds}'; expected a number from 0 on"):
        session(tmp_path)


KILLED = """
import itertools, sys
from pathlib import Path
from tests.vf_nnunet.annotation.marks import mark
from vf_nnunet.annotation.session import AnnotationSession
one = AnnotationSession(Path(sys.argv[1]), "eva", ["a"])
for z in itertools.count():
    one.change("a", one.version("a"), [mark("L1", z=float(z)), mark("L2", z=float(z))])
    print(z, flush=True)
"""


def test_a_kill_loses_no_change_that_was_answered(tmp_path: Path) -> None:
    table = tmp_path / "vertebrae.csv"
    root = Path(__file__).resolve().parents[3]
    running = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(table)], cwd=root, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert running.stdout is not None
    for _ in range(50):
        answered = int(running.stdout.readline())
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    first, second = read_vertebra_table(table)
    assert first.z == second.z >= answered


def test_marks_that_contradict_themselves_are_refused() -> None:
    for values, message in (
        ({"grade": 1, "gradable": False}, "not gradable"),
        ({"grade": 0, "shape": "wedge"}, "no fracture"),
        ({"shape": "round"}, "wedge, biconcave, crush"),
        ({"grade": 4}, "less than or equal to 3"),
    ):
        with pytest.raises(InputError, match=message):
            mark("L1", **values)
    with pytest.raises(InputError, match=r"C1\.\.C7"):
        mark("L7")
    assert [mark("L1", grade=0).is_stated, mark("L1", gradable=False).is_stated, mark("L1").is_stated] == [
        True,
        True,
        False,
    ]
