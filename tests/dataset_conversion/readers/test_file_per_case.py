import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.readers.file_per_case import Marker, case_files, read_case_files
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra

IMAGE = ImageHeader(Path("a.nii.gz"), (4, 5, 6), np.eye(4))
POINT = (1.0, 2.0, 3.0)


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def read(path: Path, *markers: Marker, images: Sequence[str] = ("a",)) -> Annotations:
    return read_case_files((".fcsv",), lambda file, image: list(markers), path, dict.fromkeys(images, IMAGE))


def test_files_are_found_by_their_endings(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.FCSV", "b.fcsv", "c.lml", "._d.fcsv", "e.fcsv/f.txt")
    assert case_files(tmp_path, (".fcsv",)) == [tmp_path / "b.fcsv", tmp_path / "x/a.FCSV"]
    assert case_files(tmp_path / "b.fcsv", (".fcsv",)) == [tmp_path / "b.fcsv"]
    assert case_files(tmp_path / "b.fcsv", (".lml",)) == []
    assert case_files(tmp_path / "absent.fcsv", (".fcsv",)) == []


def test_files_behind_links_are_found(tmp_path: Path) -> None:
    touch(tmp_path / "store", "b.fcsv")
    folder = touch(tmp_path / "in", "a.fcsv")
    (folder / "link").symlink_to(tmp_path / "store")
    (folder / "loop").symlink_to(folder)
    assert case_files(folder, (".fcsv",)) == [folder / "a.fcsv", folder / "link" / "b.fcsv"]


def test_markers_become_vertebrae(tmp_path: Path) -> None:
    touch(tmp_path, "sub-verse004_split-verse253.fcsv", "other.fcsv")
    case = "sub-verse004_split-verse253"
    found = read(tmp_path, Marker(POINT, "L1", 2, "wedge"), images=[case])
    assert found.cases == {case, "other"}
    assert found.vertebrae == (Vertebra(case, "sub-verse004", "L1", *POINT, 2, "wedge"),)
    assert found.unnamed == {}


def test_markers_without_names_are_kept_for_the_grades(tmp_path: Path) -> None:
    found = read(touch(tmp_path, "a.fcsv"), Marker(POINT, None), Marker(POINT, None))
    assert (found.vertebrae, found.unnamed) == ((), {"a": (POINT, POINT)})


@pytest.mark.parametrize(
    ("markers", "words"),
    [
        ([Marker(POINT, "L1"), Marker(POINT, "L1")], "L1 occurs twice; expected each vertebra once"),
        ([Marker((1.0, math.nan, 3.0), "L1")], "L1 at (1.0, nan, 3.0); expected finite coordinates"),
        ([Marker((1.0, math.inf, 3.0), None)], "marker at (1.0, inf, 3.0); expected finite coordinates"),
        ([Marker(POINT, "L1"), Marker(POINT, None)], "1 of 2 markers have a name; expected all or none"),
    ],
)
def test_bad_markers(tmp_path: Path, markers: list[Marker], words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(touch(tmp_path, "a.fcsv"), *markers)
    assert str(caught.value) == f"{tmp_path / 'a.fcsv'}: {words}"


def test_second_files_and_bad_files_come_at_once(tmp_path: Path) -> None:
    touch(tmp_path, "1/a.fcsv", "2/a_ct.fcsv", "b.fcsv")
    with pytest.raises(InputError) as caught:
        read(tmp_path, Marker(POINT, "L1"), Marker(POINT, "L1"), images=["a", "b"])
    first, second, third = caught.value.problems
    assert first.endswith("1/a.fcsv: L1 occurs twice; expected each vertebra once")
    assert (
        second == f"{tmp_path / '2/a_ct.fcsv'}: second annotation of case a after {tmp_path / '1/a.fcsv'}; expected one"
    )
    assert third.endswith("b.fcsv: L1 occurs twice; expected each vertebra once")


def test_no_file_of_the_format(tmp_path: Path) -> None:
    for path in (tmp_path, touch(tmp_path, "a.csv") / "a.csv"):
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: no annotation; expected files ending in .fcsv"
