from pathlib import Path

import pytest

from dataset_conversion.readers.formats.text_grades import GRADE_FORMATS, read
from dataset_conversion.readers.interface import Grading
from dataset_conversion.spine.errors import InputError


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_lines_as_a_radiologist_writes_them(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.txt", "# reader 1", "", "T12: 1", "L1 2 wedge  # old", "L2, 3, crush", "l3 0", "L4", "L5 x"
    )
    assert read(path) == {
        "a": {
            "T12": Grading(1, None),
            "L1": Grading(2, "wedge"),
            "L2": Grading(3, "crush"),
            "L3": Grading(0, None),
            "L4": Grading(None, None),
            "L5": Grading(None, None),
        }
    }


def test_a_folder_holds_one_text_a_case(tmp_path: Path) -> None:
    write(tmp_path / "x" / "a_ct_grades.txt", "L1 2")
    write(tmp_path / "b.TXT", "L1 0")
    write(tmp_path / "notes.md", "L1 7")
    assert read(tmp_path) == {"a": {"L1": Grading(2, None)}, "b": {"L1": Grading(0, None)}}


def test_all_bad_lines_come_at_once(tmp_path: Path) -> None:
    first = write(tmp_path / "a.txt", "# reader 1", "L1 5", "Hip 1", "L2 0")
    second = write(tmp_path / "b.txt", "L1 0", "l1: 1")
    third = write(tmp_path / "c" / "b.txt", "L1 0")
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert [problem.split("; expected")[0] for problem in caught.value.problems] == [
        f"{first}: row 2: grade is '5' in 'L1 5'",
        f"{first}: row 3: vertebra is 'Hip 1'",
        f"{second}: L1 occurs twice",
        f"{third}: second text of case b after {second}",
    ]


def test_no_text(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.txt"):
        with pytest.raises(InputError, match="cannot be read; expected a text of grades"):
            read(path)
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"a\.txt: cannot be read"):
        read(tmp_path)


def test_texts_and_folders_match(tmp_path: Path) -> None:
    (text,) = GRADE_FORMATS
    assert text.matches(tmp_path)
    assert text.matches(Path("a.TXT"))
    assert not text.matches(Path("a.csv"))
