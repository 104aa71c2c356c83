from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.genant import GRADES, SHAPES
from dataset_conversion.spine.levels import LEVELS
from dataset_conversion.spine.vertebra_table import (
    Vertebra,
    by_case,
    is_fracture,
    read_vertebra_table,
    write_vertebra_table,
)

MILLIMETRES = st.floats(-2000, 2000)
VERTEBRAE = st.builds(
    Vertebra,
    case_id=st.sampled_from(["a", "b-1", "c.2_x"]),
    patient_id=st.just("p"),
    vertebra=st.sampled_from(LEVELS),
    x=MILLIMETRES,
    y=MILLIMETRES,
    z=MILLIMETRES,
    grade=st.none() | st.sampled_from(GRADES),
    shape=st.none() | st.sampled_from(SHAPES),
)


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "vertebrae.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def problems_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read_vertebra_table(path)
    assert all(problem.startswith(f"{path}: ") for problem in caught.value.problems)
    return tuple(problem.removeprefix(f"{path}: ") for problem in caught.value.problems)


@given(rows=st.lists(VERTEBRAE, min_size=1, max_size=8, unique_by=lambda row: (row.case_id, row.vertebra)))
def test_written_files_are_read(tmp_path_factory: pytest.TempPathFactory, rows: list[Vertebra]) -> None:
    path = tmp_path_factory.mktemp("table") / "vertebrae.csv"
    write_vertebra_table(path, rows)
    assert read_vertebra_table(path) == rows
    assert [entry.name for entry in path.parent.iterdir()] == ["vertebrae.csv"]


def test_header_is_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "vertebrae.csv"
    write_vertebra_table(path, [Vertebra("a", "p", "L1", 1.5, -2.0, 3.0, 2, "wedge")])
    assert (
        path.read_text(encoding="utf-8")
        == "case_id,patient_id,vertebra,x,y,z,grade,shape\na,p,L1,1.5,-2.0,3.0,2,wedge\n"
    )


def test_patient_and_shape_may_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "case_id,vertebra,x,y,z,grade", "a,L1,1,2,3,2")
    assert read_vertebra_table(path) == [Vertebra("a", "a", "L1", 1.0, 2.0, 3.0, 2, None)]


def test_spreadsheet_formatting_is_understood(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeffcase_id , vertebra,x,y,z,grade", "a, L1 ,1,2,3,2.0", ",,,,,", "a,L2,1,2,33,")
    assert [row.grade for row in read_vertebra_table(path)] == [2, None]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",p,L1,1,2,3,0,", "row 2: case_id is empty"),
        ("a,p,L7,1,2,3,0,", "row 2: vertebra is 'L7'; expected C1..C7"),
        ("a,p,L1,nan,2,3,0,", "row 2: x is 'nan'; expected finite numbers"),
        ("a,p,L1,1,,3,0,", "row 2: y is ''; expected finite numbers"),
        ("a,p,L1,nan,,3,0,", "row 2: x is 'nan', y is ''; expected finite numbers"),
        ("a,p,L1,,,,2,", "row 2: L1 with grade '2' has no centroid"),
        ("a,p,L1,1,2,inf,0,", "row 2: z is 'inf'; expected finite numbers"),
        ("a,p,L1,1,2,3,4,", "row 2: grade is '4'; expected 0, 1, 2, 3 or empty"),
        ("a,p,L1,1,2,3,1.5,", "row 2: grade is '1.5'; expected"),
        ("a,p,L1,1,2,3,medium,", "row 2: grade is 'medium'; expected"),
        ("a,p,L1,1_0,2,3,0,", "row 2: x is '1_0'; expected finite numbers"),
        ('a,p,L1,"1,5",2,3,0,', "row 2: x is '1,5'; expected finite numbers"),
        (f"a,p,L1,1,2,3,{'9' * 400},", "row 2: grade is '999"),
        (f"a,p,L1,{'9' * 400},2,3,0,", "row 2: x is '999"),
        ("a,p,L1,1,2,3,0,,old", "row 2: 9 cells; expected 8"),
        ("a,p,L1,1,2,3,1,flat", "row 2: shape is 'flat'; expected wedge, biconcave, crush"),
        ("a,p,L1,1,2,3", "row 2: 6 cells; expected 8"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, line: str, problem: str) -> None:
    (found,) = problems_of(write(tmp_path, "case_id,patient_id,vertebra,x,y,z,grade,shape", line))
    assert found.startswith(problem)


COLUMNS = ("case_id", "patient_id", "vertebra", "x", "y", "z", "grade", "shape")
EXPECTED = [Vertebra("a", "p", "L1", 1.5, -2.25, 3.0, 1, "wedge"), Vertebra("a", "p", "L2", 1.0, 2.0, -30.5)]


def as_text(delimiter: str) -> str:
    rows = [COLUMNS, ("a", "p", "L1", "1.5", "-2.25", "3", "1", "wedge"), ("a", "p", "L2", "1", "2", "-30.5", "", "")]
    return "".join(f"{delimiter.join(row)}\n" for row in rows)


@pytest.mark.parametrize(
    "content",
    [
        as_text(";"),
        as_text("\t"),
        as_text(";").replace(".", ","),
        as_text("\t").replace(".", ","),
        "sep=,\n" + as_text(","),
        "SEP=;\r\n" + as_text(";").replace(".", ",").replace("\n", "\r\n"),
        "\ufeffsep=;\n" + as_text(";"),
        as_text(",").replace("\n", ",\n"),
        as_text(",").replace(",1,wedge", ",Mild,WEDGE"),
        as_text(",").replace(",1,wedge", ",1.0,Wedge"),
        as_text(";").replace(";1;wedge", ";1,0;wedge"),
        as_text(",").replace("-30.5,,", "-30.5,x,-"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_as_spreadsheets_write_them(tmp_path: Path, content: str, encoding: str) -> None:
    path = tmp_path / "vertebrae.csv"
    path.write_bytes(content.encode(encoding))
    assert read_vertebra_table(path) == EXPECTED


def test_two_decimal_signs_in_one_table_are_refused(tmp_path: Path) -> None:
    header = ";".join(COLUMNS)
    (found,) = problems_of(write(tmp_path, header, "a;p;L1;1,5;2;3;0;", "a;p;L2;1.234;2;33;0;"))
    assert found.startswith("'1,5' in row 2 and '1.234' in row 3; expected one decimal sign")


def test_row_numbers_are_lines_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "sep=,", "case_id,vertebra,x,y,z,grade", "", '"a', 'b",L1,1,2,3,0', "c,L1,1,2,3,9")
    assert problems_of(path)[0].startswith("row 6: grade is '9'")


def test_a_message_stays_short(tmp_path: Path) -> None:
    (found,) = problems_of(write(tmp_path, ",".join(f"{'name' * 50}{number}" for number in range(400)), "a"))[:1]
    assert len(found) < 1000
    (found,) = problems_of(write(tmp_path, ",".join(COLUMNS), f"a,p,{'L' * 5000},1,2,3,0,"))
    assert len(found) < 200


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "case_id,vertebra,x,y,z,grade", "a,L1,1,2,3,9", "a,L1,1,2,3,0", "a,Q1,x,2,3,0")
    found = problems_of(path)
    assert [problem.split(":")[0] for problem in found] == ["row 2", "row 3", "row 4", "row 4"]
    assert "first in row 2" in found[1]


def test_wrong_columns_are_named(tmp_path: Path) -> None:
    (found,) = problems_of(write(tmp_path, "case_id,level,x,y,z,grade,x", "a,L1,1,2,3,0,1"))
    assert found.startswith(
        "column 'vertebra' is missing, column 'level' is unknown, column 'x' occurs twice; expected"
    )


def test_a_case_has_one_patient(tmp_path: Path) -> None:
    header = "case_id,patient_id,vertebra,x,y,z,grade"
    (found,) = problems_of(write(tmp_path, header, "a,p,L1,1,2,3,0", "a,q,L2,1,2,33,0"))
    assert found == "case 'a' belongs to patients p, q; expected one patient_id per case"


def test_no_rows_no_text_no_file(tmp_path: Path) -> None:
    assert "no rows" in problems_of(write(tmp_path, "case_id,vertebra,x,y,z,grade"))[0]
    assert "'case_id' is missing" in problems_of(write(tmp_path, ""))[0]
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in problems_of(binary)[0]
    assert "cannot be read" in problems_of(tmp_path / "absent.csv")[0]


def test_which_grades_are_fractures() -> None:
    assert [is_fracture(grade) for grade in (None, 0, 1, 2, 3)] == [None, False, True, True, True]
    assert [is_fracture(grade, fracture_grade=2) for grade in (0, 1, 2)] == [False, False, True]


def test_centroid_is_x_y_z() -> None:
    assert Vertebra("a", "a", "L1", 1.0, 2.0, 3.0).centroid == (1.0, 2.0, 3.0)


def test_levels_may_be_spelt_in_other_ways(tmp_path: Path) -> None:
    path = write(tmp_path, "case_id,vertebra,x,y,z,grade", "a,Th12,1,2,33,0", "a,l1,1,2,3,0")
    assert [row.vertebra for row in read_vertebra_table(path)] == ["T12", "L1"]
    path = write(tmp_path, "case_id,vertebra,x,y,z,grade", "a,L1,1,2,33,0", "a,l1,1,2,3,0")
    assert problems_of(path) == ("row 3: L1 of case 'a' again (first in row 2); expected each vertebra once",)


def test_vertebrae_by_case_are_in_order_down_the_spine(
    case: Callable[..., list[Vertebra]],
) -> None:
    found = by_case([*case("b")[::-1], *case("a")])
    assert list(found) == ["a", "b"]
    assert [vertebra.vertebra for vertebra in found["b"]] == ["T12", "L1", "L2"]
