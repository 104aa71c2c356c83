"""A radiologist's text of grades: one file per case, `<case>.txt`, with one line per vertebra.

The lines read `L1 2 wedge`, `T12: 1`, `L3, 0`, or only `L4` for a vertebra that is not graded. `#` begins a comment.

Assumes:
    A text is named after its case and complete: vertebrae and cases on one side only are named in warnings. Words,
    levels and repetitions: checked here. A grade beside the wrong level is not seen if that vertebra has a centroid.
"""

from pathlib import Path

from dataset_conversion.readers.file_per_case import case_files, read_by_case, read_rows, repeated
from dataset_conversion.readers.interface import GradeFormat, Grading, Gradings
from dataset_conversion.readers.remarks import Remark, parse_remark
from dataset_conversion.spine.errors import InputError, read_all

ENDINGS = (".txt",)
COMMENT = "#"


def read(path: Path) -> Gradings:
    """Read one text, or all texts below a folder.

    Raises:
        InputError: If a text is invalid; the problems of all files at once, each with its file and row.
    """
    files = case_files(path, ENDINGS)
    if not files:
        raise InputError(f"{path}: cannot be read; expected a text of grades (.txt) or a folder of them")
    return read_by_case(files, _read_case, "text")


def _read_case(case_id: str, file: Path) -> dict[str, Grading]:
    bare = ((name, line.split(COMMENT)[0].strip()) for name, line in read_rows(file, "a text of grades"))
    remarks: list[Remark] = read_all(((name, line) for name, line in bare if line), lambda line: [parse_remark(line)])
    problems = repeated(file, [remark.level for remark in remarks])
    if problems:
        raise InputError(problems)
    return {remark.level: Grading(remark.grade, remark.shape) for remark in remarks}


def _matches(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in ENDINGS


GRADE_FORMATS = (GradeFormat("text", _matches, read),)
