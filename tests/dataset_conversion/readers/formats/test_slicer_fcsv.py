from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.formats.slicer_fcsv import FORMATS
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader

read = FORMATS[0].read
IMAGE = ImageHeader(Path("a.nii.gz"), (5, 5, 5), np.eye(4))
COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
TO_LPS = {"LPS": [1, 1, 1], "1": [1, 1, 1], "RAS": [-1, -1, 1], "0": [-1, -1, 1]}


def write(folder: Path, *lines: str, system: str = "LPS", columns: str = COLUMNS) -> Path:
    path = folder / "a.fcsv"
    head = ["# Markups fiducial file version = 4.11", f"# CoordinateSystem = {system}", f"# columns = {columns}"]
    path.write_text("\n".join([*head, *lines]) + "\n")
    return path


def line(label: str, x: float, y: float, z: float, end: str = ",,") -> str:
    return f"vtkMRMLMarkupsFiducialNode_0,{float(x)!r},{float(y)!r},{float(z)!r},0,0,0,1,1,1,0,{label}{end}"


@pytest.mark.parametrize("system", TO_LPS)
def test_known_places(tmp_path: Path, system: str) -> None:
    path = write(tmp_path, line("L1", 1.0, 2.0, 3.0, ",2 wedge,"), "", system=system)
    (vertebra,) = read(path, {"a": IMAGE}).vertebrae
    assert vertebra.centroid == tuple(np.multiply([1.0, 2.0, 3.0], TO_LPS[system]))
    assert (vertebra.vertebra, vertebra.grade, vertebra.shape) == ("L1", 2, "wedge")


@pytest.mark.parametrize("system", TO_LPS)
@given(seed=st.integers(0, 2**20))
def test_written_files_are_read(
    tmp_path_factory: pytest.TempPathFactory,
    draw: Callable[[int], Any],
    same_places: Callable[[Annotations, Any], None],
    system: str,
    seed: int,
) -> None:
    drawn = draw(seed)
    lines = [line(level, *(world * TO_LPS[system])) for level, world in drawn.worlds().items()]
    path = write(tmp_path_factory.mktemp("fcsv"), *lines, system=system)
    same_places(read(path, {"a": drawn.header}), drawn)


def test_undefined_points_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, line("L1", 1, 2, 3, ",,,2,0"), line("L2", 0, 0, 0, ",,,0,0"), line("F-3", 0, 0, 0, ",,,1,0"))
    assert [vertebra.vertebra for vertebra in read(path, {"a": IMAGE}).vertebrae] == ["L1"]


def test_the_columns_are_where_the_file_says(tmp_path: Path) -> None:
    path = write(tmp_path, '"L1, 2",1,2,3,1,1', columns="label,x,y,z,sel,vis")
    (vertebra,) = read(path, {"a": IMAGE}).vertebrae
    assert (vertebra.centroid, vertebra.grade) == ((1.0, 2.0, 3.0), 2)


def test_bad_rows_are_named(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(tmp_path, line("L1", 1, 2, 3), line("Liver", 1, 2, 3), "0,1,2", "0,a,2,3,0,0,0,1,1,1,0,L2,,")
    assert [problem.split(" (")[0].split("; expected")[0] for problem in problems_of(read, path, IMAGE)] == [
        "row 5: vertebra is 'Liver'",
        "row 6: 3 cells",
        "row 7: cannot be understood",
    ]


def test_the_axes_must_be_stated(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(tmp_path, line("L1", 1, 2, 3), system="IJK")
    (problem,) = problems_of(read, path, IMAGE)
    assert problem.startswith("coordinate system is 'IJK'; expected LPS or RAS")
    path.write_text(line("L1", 1, 2, 3))
    (problem,) = problems_of(read, path, IMAGE)
    assert problem.startswith("coordinate system is ''; expected LPS or RAS")


def test_no_text(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = tmp_path / "a.fcsv"
    path.write_bytes(b"\xff\xfe\x00")
    (problem,) = problems_of(read, path, IMAGE)
    assert problem.startswith("cannot be read")


def test_the_format_is_known_by_its_ending(tmp_path: Path) -> None:
    assert not FORMATS[0].matches(tmp_path)
    write(tmp_path)
    assert FORMATS[0].matches(tmp_path)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("0,1,2,3,0,0,0,1,1,1,0,T11:3,height loss, old,", "15 cells; expected 14, or 16"),
        ("0,1,2,3,0,0,0,1,1,1,0,T11:3,a,b,c,d,e", "17 cells; expected 14, or 16"),
        ("0,1,2,3,0,0,0,1,1,1,0,T11:3,,,old,0", "status of the position is 'old'; expected 0 to 3"),
        ("0,1,2,3,0,0,0,1,1,1,0,T11:3,a", "13 cells; expected 14, or 16"),
        ('0,1,2,3,0,0,0,1,1,1,0,T11:3,"a,', "cannot be understood (unexpected end of data)"),
    ],
)
def test_a_row_of_another_form_is_a_problem_and_no_missing_vertebra(
    tmp_path: Path, problems_of: Callable[..., list[str]], row: str, problem: str
) -> None:
    (found,) = problems_of(read, write(tmp_path, row), IMAGE)
    assert found.startswith(f"row 4: {problem}") or found.startswith(f"row 5: {problem}")


def test_a_comma_in_quotes_is_text(tmp_path: Path) -> None:
    found = read(write(tmp_path, '0,1,2,3,0,0,0,1,1,1,0,L1:3,"height loss, old",,2,0'), {"a": IMAGE})
    assert [(vertebra.vertebra, vertebra.grade) for vertebra in found.vertebrae] == [("L1", 3)]
    assert (found.points, found.left_out) == (1, ())


@pytest.mark.parametrize(("status", "name"), [("0", "undefined"), ("1", "preview"), ("3", "missing")])
def test_a_point_that_was_not_placed_is_named(tmp_path: Path, status: str, name: str) -> None:
    path = write(tmp_path, line("L1", 1, 2, 3), f"0,0,0,0,0,0,0,1,1,1,0,L2:3,,,{status},0")
    found = read(path, {"a": IMAGE})
    assert found.left_out == (f"{path}: L2:3 has the position status '{name}': it was not placed and is left out",)
    assert (found.points, len(found.vertebrae)) == (2, 1)
