from pathlib import Path

import openpyxl
import pytest

from dataset_conversion.readers.formats.verse_grades import read_verse_grades
from dataset_conversion.readers.interface import Grading
from dataset_conversion.spine.errors import InputError

HEADER = ["verse_ID", "subject_ID ", "N_Fx", "T12_fx-g", " L1_fx-g", "T12_fx-s", "L1_fx-s"]


GRADES_EXPECTED = "expected 0, 1, 2, 3 or empty, or the words normal, mild, moderate, severe, or x for not graded"


def xlsx(tmp_path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in [HEADER, *rows]:
        book.active.append(row)
    path = tmp_path / "grades.xlsx"
    book.save(path)
    return path


def csv(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "grades.csv"
    path.write_text("\n".join([",".join(HEADER), *lines]), encoding="utf-8")
    return path


def test_a_spreadsheet_as_published(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path,
        [14, 14, '=COUNTIF(D2:E2, ">0")', 0, 2, 0, 1],
        [None] * 7,
        [253, 4, None, "x", None, "x", None],
    )
    assert read_verse_grades(path) == {
        "sub-verse014": {"T12": Grading(0, None), "L1": Grading(2, "wedge")},
        "sub-verse004_split-verse253": {},
    }


def test_an_export_to_csv(tmp_path: Path) -> None:
    path = csv(tmp_path, "14.0,14.0,1,3.0, ,3.0,", ",,,,,,", "20,20,0,1,0,2,0")
    assert read_verse_grades(path) == {
        "sub-verse014": {"T12": Grading(3, "crush")},
        "sub-verse020": {"T12": Grading(1, "biconcave"), "L1": Grading(0, None)},
    }


def test_all_bad_cells_are_named_with_their_rows(tmp_path: Path) -> None:
    path = csv(tmp_path, "14,14,0,4,medium,0,0", ",,,,,,", "15,15,0,0,0,9,0", "a,16,0,0,0,0,0", "14,14,0,0,0,0,0")
    with pytest.raises(InputError) as caught:
        read_verse_grades(path)
    assert [problem.removeprefix(f"{path}: ") for problem in caught.value.problems] == [
        f"row 2: T12_fx-g: grade is '4'; {GRADES_EXPECTED}",
        f"row 2: L1_fx-g: grade is 'medium'; {GRADES_EXPECTED}",
        "row 4: T12_fx-s: shape is '9'; expected wedge, biconcave, crush or empty",
        "row 5: verse_ID is 'a'; expected a whole number",
    ]


def test_words_and_other_separators(tmp_path: Path) -> None:
    path = csv(tmp_path, "14,14,0,Mild,2.0,Crush,2", "15,15,0,x,0,,")
    expected = {
        "sub-verse014": {"T12": Grading(1, "crush"), "L1": Grading(2, "biconcave")},
        "sub-verse015": {"L1": Grading(0, None)},
    }
    assert read_verse_grades(path) == expected
    path.write_text("sep=;\n" + path.read_text().replace(",", ";").replace("2.0", "2,0"))
    assert read_verse_grades(path) == expected


@pytest.mark.parametrize("column", ["T11_fx_g", "T12_fx-g.1", "C7_fx-g", "L1-fx-g"])
def test_a_misnamed_column_is_not_passed_over(tmp_path: Path, column: str) -> None:
    path = csv(tmp_path, "14,14,0,0,0,0,0,1")
    path.write_text(path.read_text().replace("L1_fx-s", f"L1_fx-s,{column}"))
    with pytest.raises(InputError, match=f"column '{column}' begins with a level"):
        read_verse_grades(path)


def test_a_row_cut_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 3: 5 cells; expected 7"):
        read_verse_grades(csv(tmp_path, "14,14,0,0,0,0,0", "15,15,0,3,0"))


def test_numbers_of_400_digits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_verse_grades(csv(tmp_path, f"14,14,0,{'9' * 400},0,0,0", f"{'9' * 5000},15,0,0,0,0,0"))
    assert [problem.split(" is ")[0] for problem in caught.value.problems] == [
        f"{tmp_path / 'grades.csv'}: row 2: T12_fx-g: grade",
        f"{tmp_path / 'grades.csv'}: row 3: verse_ID",
    ]
    assert max(map(len, caught.value.problems)) < 400


def test_a_formula_without_a_result_is_no_empty_cell(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 2: L1_fx-g is a formula without a result"):
        read_verse_grades(xlsx(tmp_path, [14, 14, 0, 0, "=1+1", 0, 0]))


def test_a_series_occurs_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 3: series sub-verse014 again"):
        read_verse_grades(csv(tmp_path, "14,14,0,0,0,0,0", "14,14,0,0,0,0,0"))


def test_other_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("case_id,vertebra,grade\na,L1,0\n")
    with pytest.raises(InputError) as caught:
        read_verse_grades(path)
    assert [problem.split(": ")[1].split(";")[0] for problem in caught.value.problems] == [
        "column 'verse_ID' is missing",
        "column 'subject_ID' is missing",
        "no grade column",
    ]


@pytest.mark.parametrize("name", ["absent.xlsx", "absent.csv", "junk.xlsx", "empty.csv"])
def test_unreadable_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "junk.xlsx").write_bytes(b"no spreadsheet")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match=rf"{name}: cannot be read"):
        read_verse_grades(tmp_path / name)
