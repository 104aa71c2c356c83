from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.delimited_text import parse_number, read_text_table


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_rows_and_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    text = f'a,b\n\n"1{delimiter} 2", 3 \n4,\n'.replace(",", delimiter)
    table = read_text_table(write(tmp_path, text))
    assert (table.delimiter, table.header) == (delimiter, ("a", "b"))
    assert [(line.number, line.cells) for line in table.lines] == [(3, (f"1{delimiter} 2", "3")), (4, ("4", ""))]


def test_the_file_can_name_its_delimiter(tmp_path: Path) -> None:
    assert read_text_table(write(tmp_path, "sep=|\na,x|b\n1|2\n")).header == ("a,x", "b")


def test_nameless_columns_at_the_end_are_dropped_only_if_empty(tmp_path: Path) -> None:
    assert read_text_table(write(tmp_path, "a,b,,\n1,2,,\n3,4,,\n")).header == ("a", "b")
    assert read_text_table(write(tmp_path, "a,b,\n1,2,x\n")).header == ("a", "b", "")
    with pytest.raises(InputError, match="row 2: 3 cells; expected 2"):
        read_text_table(write(tmp_path, "a,b\n1,2,x\n"))


def test_rows_of_another_length_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_text_table(write(tmp_path, "a,b\n1\n1,2\n1,2,3\n"))
    assert [problem.split(": ", 1)[1] for problem in caught.value.problems] == [
        "row 2: 1 cells; expected 2, as the header has",
        "row 4: 3 cells; expected 2, as the header has",
    ]


def test_a_quote_that_is_not_closed_does_not_swallow_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 2: unexpected end of data"):
        read_text_table(write(tmp_path, 'a,b\n"1,2\n3,4\n'))


@pytest.mark.parametrize(
    ("text", "delimiter", "value"),
    [
        ("-3.2", ",", -3.2),
        ("-3,2", ";", -3.2),
        ("-3,2", ",", None),
        ("+.5e1", "\t", 5.0),
        ("1.234,5", ";", None),
        ("1,234,567", ";", None),
        ("1 000", ";", None),
        ("1_0", ",", None),
        ("0x10", ",", None),
        ("nan", ",", None),
        ("01.05.2024", ";", None),
        ("", ",", None),
    ],
)
def test_numbers(text: str, delimiter: str, value: float | None) -> None:
    assert parse_number(text, delimiter) == value
