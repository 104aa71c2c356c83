from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.formats.mevislab import FORMATS
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader

READ = {found.name: found.read for found in FORMATS}
IMAGE = ImageHeader(Path("a.nii.gz"), (50, 40, 30), np.diag([0.5, -2.0, 3.0, 1.0]) + np.eye(4, k=3) * 100)


def write(folder: Path, items: Iterable[tuple[str, str]], name: str = "a.xml") -> Path:
    """A marker list as MeVisLab saves it, from each marker's name and `pos`."""
    body = "".join(
        f'<Item Version="0"><_BaseItem Version="0"><id>{number}</id>{f"<name>{label}</name>" if label else ""}'
        f"</_BaseItem><pos>{position}</pos></Item>"
        for number, (label, position) in enumerate(items, start=1)
    )
    path = folder / name
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n<MeVis-XML-Data-v1.0>\n'
        '<XMarkerList BaseType="XMarkerList" Version="1"><_ListBase Version="0"><hasPersistance>1</hasPersistance>'
        f"<currentIndex>-1</currentIndex></_ListBase><ListSize>9</ListSize><ListItems>{body}</ListItems></XMarkerList>\n"
        "</MeVis-XML-Data-v1.0>\n"
    )
    return path


@pytest.mark.parametrize(
    ("name", "place"), [("mevislab-world", (10.5, 20.5, 30.5)), ("mevislab-voxel", (105.0, -40.0, 90.0))]
)
def test_known_places(tmp_path: Path, name: str, place: tuple[float, float, float]) -> None:
    found = READ[name](write(tmp_path, [("L1:2", "10.5 20.5 30.5 0 0 0")]), {"a": IMAGE})
    (vertebra,) = found.vertebrae
    assert (vertebra.vertebra, vertebra.grade) == ("L1", 2)
    np.testing.assert_allclose(vertebra.centroid, place, atol=1e-9)


def test_markers_without_names(tmp_path: Path) -> None:
    found = READ["mevislab-world"](write(tmp_path, [("", "1 2 3 0 0 0"), ("", "4 5 6")]), {"a": IMAGE})
    assert (found.vertebrae, found.unnamed) == ((), {"a": ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))})


@pytest.mark.parametrize("name", READ)
@given(seed=st.integers(0, 2**20))
def test_written_files_are_read_in_either_space(
    tmp_path_factory: pytest.TempPathFactory,
    draw: Callable[[int], Any],
    same_places: Callable[[Annotations, Any], None],
    name: str,
    seed: int,
) -> None:
    drawn = draw(seed)
    corner_based = {level: np.add(index, 0.5) for level, index in drawn.indices.items()}
    places = {"mevislab-world": drawn.worlds(), "mevislab-voxel": corner_based}[name]
    items = [(level, f"{' '.join(repr(float(value)) for value in at)} 0 0 0") for level, at in places.items()]
    same_places(READ[name](write(tmp_path_factory.mktemp("xml"), items), {"a": drawn.header}), drawn)


def test_both_spaces_match_and_are_rivals(tmp_path: Path) -> None:
    write(tmp_path, [])
    assert [found.name for found in FORMATS if found.matches(tmp_path)] == ["mevislab-world", "mevislab-voxel"]
    assert {found.name: found.rivals for found in FORMATS} == {
        "mevislab-world": ("mevislab-voxel",),
        "mevislab-voxel": ("mevislab-world",),
    }
    (tmp_path / "a.xml").write_text("<other/>")
    assert not any(found.matches(tmp_path) for found in FORMATS)


def test_bad_markers_are_named(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(tmp_path, [("L1", "1 2 3"), ("Ribs", "1 2 3"), ("L2", "1 2"), ("L3", "")])
    assert [problem.split("; expected")[0] for problem in problems_of(READ["mevislab-world"], path, IMAGE)] == [
        "marker 2: vertebra is 'Ribs'",
        "marker 3: pos is '1 2'",
        "marker 4: pos is ''",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<MeVis-XML-Data-v1.0></MeVis-XML-Data-v1.0>", "no XMarkerList"),
        ("<XMarkerList>", "cannot be read"),
        ('<?xml version="1.0" encoding="x-unknown"?><XMarkerList/>', "cannot be read"),
        ("<a><XMarkerList/><XMarkerList/></a>", "2 XMarkerList"),
        ("", "cannot be read"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><XMarkerList>&b;</XMarkerList>', "cannot be read (EntitiesForbidden"),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, problems_of: Callable[..., list[str]], content: str, words: str
) -> None:
    path = tmp_path / "a.xml"
    path.write_text(content)
    (problem,) = problems_of(READ["mevislab-world"], path, IMAGE)
    assert problem.startswith(words)
