import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.formats.slicer_json import FORMATS
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader

read = FORMATS[0].read
IMAGE = ImageHeader(Path("a.nii.gz"), (5, 5, 5), np.eye(4))
SCHEMA = "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/markups-schema-v1.0.3.json#"
TO_LPS = {"LPS": [1, 1, 1], "RAS": [-1, -1, 1]}


def point(label: str, *position: float, **further: str) -> dict[str, Any]:
    return {"label": label, "position": list(position), **further}


def markup(*points: Any, **further: Any) -> dict[str, Any]:
    return {"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": list(points), **further}


def write(folder: Path, *markups: Any) -> Path:
    path = folder / "a.mrk.json"
    path.write_text(json.dumps({"@schema": SCHEMA, "markups": list(markups)}))
    return path


@pytest.mark.parametrize(("system", "place"), [("LPS", (1.0, 2.0, 3.0)), ("RAS", (-1.0, -2.0, 3.0))])
def test_known_places(tmp_path: Path, system: str, place: tuple[float, float, float]) -> None:
    path = write(tmp_path, markup(point("L1:2", 1.0, 2.0, 3.0, description="wedge"), coordinateSystem=system))
    (vertebra,) = read(path, {"a": IMAGE}).vertebrae
    assert (vertebra.centroid, vertebra.vertebra, vertebra.grade) == (place, "L1", 2)


def test_defaults_of_the_schema_are_lps_and_mm(tmp_path: Path) -> None:
    bare = {"type": "Fiducial", "controlPoints": [point("L1", 1.0, 2.0, 3.0)]}
    (vertebra,) = read(write(tmp_path, bare), {"a": IMAGE}).vertebrae
    assert vertebra.centroid == (1.0, 2.0, 3.0)


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
    points = [point(level, *map(float, world * TO_LPS[system])) for level, world in drawn.worlds().items()]
    path = write(tmp_path_factory.mktemp("json"), markup(*points, coordinateSystem=system))
    same_places(read(path, {"a": drawn.header}), drawn)


def test_undefined_points_and_other_markups_are_left_out(tmp_path: Path) -> None:
    placed = point("L1", 1.0, 2.0, 3.0, positionStatus="defined")
    unplaced = [
        point("L2", 0.0, 0.0, 0.0, positionStatus="undefined"),
        {"label": "L3", "positionStatus": "missing"},
        point("", 0.0, 0.0, 0.0, positionStatus="preview"),
    ]
    line = {"type": "Line", "controlPoints": [point("Cobb", 0.0, 0.0, 0.0)]}
    found = read(write(tmp_path, markup(placed, *unplaced), line, markup(point("L4", 1.0, 2.0, 3.0))), {"a": IMAGE})
    assert [vertebra.vertebra for vertebra in found.vertebrae] == ["L1", "L4"]


def test_bad_points_are_named(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(
        tmp_path,
        markup(point("L1", 1.0, 2.0, 3.0), point("F-1", 1.0, 2.0, 3.0), point("L2", 1.0), {"label": "L3"}, 7),
        markup(coordinateSystem="IJK"),
        markup(coordinateUnits="cm"),
        markup(controlPoints={}),
    )
    assert [problem.split(" (")[0].split("; expected")[0] for problem in problems_of(read, path, IMAGE)] == [
        "point list 1: point 2: vertebra is 'F-1'",
        "point list 1: point 3: cannot be understood",
        "point list 1: point 4: cannot be understood",
        "point list 1: point 5: cannot be understood",
        "point list 2: coordinate system is 'IJK'",
        "point list 3: coordinateUnits is 'cm'",
        "point list 4: controlPoints is dict",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "not a markups file"),
        ("[]", "not a markups file"),
        ("{}", "not a markups file"),
        ('{"markups": [{}]}', "not a markups file"),
        ('{"markups": []}', "no point list"),
        ('{"markups": [{"type": "Line"}]}', "no point list"),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, problems_of: Callable[..., list[str]], content: str, words: str
) -> None:
    path = tmp_path / "a.mrk.json"
    path.write_text(content)
    (problem,) = problems_of(read, path, IMAGE)
    assert problem.startswith(words)


def test_the_format_is_known_by_its_ending(tmp_path: Path) -> None:
    assert not FORMATS[0].matches(tmp_path)
    path = write(tmp_path)
    assert FORMATS[0].matches(tmp_path)
    assert FORMATS[0].matches(path)


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, markup(point("L1", 1.0, 2.0, 3.0), point("L2", 0, 0, 0, positionStatus="preview")))
    content = json.loads(path.read_text())
    content["markups"].append({"type": "Line", "controlPoints": []})
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())
    found = read(path, {"a": IMAGE})
    assert [sentence.removeprefix(f"{path}: ").split(":")[0] for sentence in found.left_out] == [
        "L2 has the position status 'preview'",
        "a markup of type Line is no point list",
    ]
    assert found.points == 3


@pytest.mark.parametrize(
    "content",
    ['{"label": "L1", "position": [1, 2, 3], "position": [4, 5, 6]}', '{"label": "L1", "position": [%s, 2, 3]}'],
)
def test_repeated_keys_and_numbers_of_400_digits(
    tmp_path: Path, problems_of: Callable[..., list[str]], content: str
) -> None:
    path = tmp_path / "a.mrk.json"
    text = content.replace("%s", "9" * 400)
    path.write_text(f'{{"markups": [{{"type": "Fiducial", "controlPoints": [{text}]}}]}}')
    assert len(problems_of(read, path, IMAGE)) == 1


def test_an_unknown_status_is_a_problem(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(tmp_path, markup(point("L1", 1.0, 2.0, 3.0, positionStatus="placed")))
    (problem,) = problems_of(read, path, IMAGE)
    assert "positionStatus 'placed'" in problem


def test_messages_stay_short(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(
        tmp_path, markup(point("L" * 5000, 1.0, 2.0, 3.0), {"label": "L1", "position": ["9" * 5000 + "x", 2, 3]})
    )
    problems = problems_of(read, path, IMAGE)
    assert len(problems) == 2
    assert max(map(len, problems)) < 400
