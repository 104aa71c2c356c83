"""Tables as spreadsheets write them in different countries.

Cells are separated by commas, semicolons or tabs; where they are not separated by commas, the decimal sign can be one.
Excel begins some files with a byte order mark, and some with a line `sep=;`.
"""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.spine.errors import InputError

DELIMITERS = (",", ";", "\t")

_DELIMITER_LINE = re.compile(r"\"?sep=([,;\t|])\"?\s*", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Line:
    """A row of a table.

    Attributes:
        number: The line in the file on which it begins, from 1.
        cells: Without surrounding spaces.
    """

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class TextTable:
    """A table.

    Attributes:
        delimiter: What separates its cells.
        header: The names of the columns.
        lines: The rows below the header that are not blank.
    """

    delimiter: str
    header: tuple[str, ...]
    lines: tuple[Line, ...]


def read_text_table(path: Path) -> TextTable:
    """Read a table. The header decides what separates the cells, unless the file says so itself.

    Cells without a column at the end of a row are dropped if they are empty in all rows.

    Raises:
        InputError: If the file cannot be read, a quoted cell is not closed, the file holds null characters, or a row
            has more or fewer cells than the header; all problems at once.
    """
    text = _read(path).removeprefix("\ufeff")
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise InputError(f"{path}: row {row}: null characters; expected a complete table in UTF-8 or marked UTF-16")
    first, _, rest = text.partition("\n")
    stated = _DELIMITER_LINE.fullmatch(first.rstrip("\r"))
    delimiter = stated[1] if stated else max(DELIMITERS, key=text.lstrip().partition("\n")[0].count)
    lines = _split(path, rest if stated else text, delimiter, first_number=2 if stated else 1)
    if not lines:
        return TextTable(delimiter, (), ())
    header, *rows = _without_empty_columns(lines)
    problems = [
        f"{path}: row {row.number}: {len(row.cells)} cells; expected {len(header.cells)}, as the header has"
        for row in rows
        if len(row.cells) != len(header.cells)
    ]
    if problems:
        raise InputError(problems)
    return TextTable(delimiter, header.cells, tuple(rows))


def parse_number(text: str, delimiter: str = ",") -> float | None:
    """A number as people write it; None for anything else, such as dates and thousands separators.

    Args:
        text: The content of a cell.
        delimiter: What separates the cells. A comma is a decimal sign only where it does not separate cells.
    """
    if _NUMBER.fullmatch(text) is None or (delimiter == "," and "," in text):
        return None
    return float(text.replace(",", "."))


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a table ({error}); expected UTF-8 text, such as CSV") from error


def _split(path: Path, text: str, delimiter: str, first_number: int) -> list[Line]:
    """The lines that are not blank, the header included."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[Line] = []
    number = first_number
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                lines.append(Line(number, stripped))
            number = first_number + reader.line_num
    except csv.Error as error:
        raise InputError(f"{path}: row {number}: {error}; expected cells separated by {delimiter!r}") from error
    return lines


def _without_empty_columns(lines: list[Line]) -> list[Line]:
    """The lines without the nameless columns at the end, if these are empty in all lines."""
    width = len(lines[0].cells)
    while width and not lines[0].cells[width - 1]:
        width -= 1
    if any(any(line.cells[width:]) for line in lines):
        return lines
    return [Line(line.number, line.cells[:width]) for line in lines]
