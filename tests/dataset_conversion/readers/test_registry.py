import json
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.readers.interface import Grading
from dataset_conversion.readers.registry import (
    find_format,
    grade_formats,
    known_formats,
    read_annotations,
    read_case_annotations,
    read_grades,
)
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table

# 60 mm from side to side, 80 from front to back, 400 from feet to head; LPS 0 is the right, front, lowest voxel.
IMAGE = ImageHeader(Path("a.nii.gz"), (200, 80, 60), np.diag([1.0, 1.0, 2.0, 1.0]))
IMAGES = {"a": IMAGE}


def test_every_format_module_is_known() -> None:
    assert list(known_formats()) == [
        "csv",
        "csv-ras",
        "csv-voxel",
        "lml",
        "mevislab-world",
        "mevislab-voxel",
        "slicer-fcsv",
        "slicer-json",
        "verse",
        "verse19-miccai",
        "verse20-miccai",
        "vertebra-masks",
        "verse-masks",
        "totalsegmentator-masks",
        "totalsegmentator-v3-masks",
        "spineps-masks",
    ]
    assert [found.name for found in grade_formats()] == ["text", "VerSe's table"]
    rivals = {rival for found in known_formats().values() for rival in found.rivals}
    assert rivals <= known_formats().keys()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("vertebrae.CSV", "csv"),
        ("deep/a_seg-vb_ctd.json", "verse"),
        ("a.mrk.json", "slicer-json"),
        ("a.fcsv", "slicer-fcsv"),
        ("a.lml", "lml"),
    ],
)
def test_the_format_is_recognised(tmp_path: Path, name: str, found: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert find_format(path, IMAGES).name == found
    if found != "csv":
        assert find_format(tmp_path, IMAGES).name == found


def test_the_format_can_be_named(tmp_path: Path) -> None:
    assert find_format(tmp_path, IMAGES, "csv").name == "csv"
    with pytest.raises(InputError, match="'dicom-sr' is unknown; expected one of csv"):
        find_format(tmp_path, IMAGES, "dicom-sr")


def test_no_known_format_is_found(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no known annotation format found; expected one of csv"):
        find_format(tmp_path, IMAGES)
    with pytest.raises(InputError, match="does not exist"):
        find_format(tmp_path / "absent.csv", IMAGES)


def verse20(folder: Path) -> Path:
    """Five lumbar vertebrae, 30 to 34 mm from the front and the left, 100 to 340 mm from the top."""
    entries = [{"label": 20 + row, "X": 30.0 + row, "Y": 100.0 + 60 * row, "Z": 30.0 + row} for row in range(5)]
    path = folder / "a_iso-ctd.json"
    path.write_text(json.dumps(entries))
    return path


def test_ambiguous_content_needs_a_named_format(tmp_path: Path) -> None:
    path = verse20(tmp_path)
    with pytest.raises(InputError) as caught:
        read_annotations(path, IMAGES)
    # Read as VerSe'19, Y is the way to the back, of which the image has 80 mm.
    assert str(caught.value) == (
        f"{path}: the content does not tell verse19-miccai and verse20-miccai apart "
        "(verse20-miccai fits: 5 of 5 inside their image, 4 of 4 in order down the spine; "
        "verse19-miccai: 0 of 5 inside their image, 4 of 4 in order down the spine); choose the format with --format"
    )
    assert len(read_annotations(path, IMAGES, "verse20-miccai").vertebrae) == 5


def test_the_wrong_name_is_noticed_where_another_fits(tmp_path: Path) -> None:
    path = verse20(tmp_path)
    with pytest.raises(InputError) as caught:
        read_annotations(path, IMAGES, "verse19-miccai")
    assert str(caught.value) == (
        f"{path}: verse19-miccai: 0 of 5 inside their image, 4 of 4 in order down the spine; "
        "verse20-miccai fits: 5 of 5 inside their image, 4 of 4 in order down the spine; "
        "choose the format with --format"
    )


def test_a_table_in_ras_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "vertebrae.csv"
    write_vertebra_table(path, [Vertebra("a", "a", f"L{row}", -30.0, -40.0, 300.0 - 60 * row) for row in range(1, 4)])
    with pytest.raises(InputError, match=r"csv: 0 of 3 inside their image, .* csv-ras fits: 3 of 3 inside"):
        read_annotations(path, IMAGES)
    assert read_annotations(path, IMAGES, "csv-ras").vertebrae[0].centroid == (30.0, 40.0, 240.0)


def test_a_single_centroid_outside_is_left_to_the_checks(tmp_path: Path) -> None:
    path = tmp_path / "vertebrae.csv"
    write_vertebra_table(
        path, [Vertebra("a", "a", "L1", 30.0, 40.0, 300.0), Vertebra("a", "a", "L2", 30.0, 99.0, 260.0)]
    )
    assert len(read_annotations(path, IMAGES).vertebrae) == 2


def test_marker_lists_of_either_space_need_a_named_format(tmp_path: Path) -> None:
    items = "".join(f"<Item><pos>30 40 {z}</pos></Item>" for z in (300, 240))
    path = tmp_path / "a.xml"
    path.write_text(f"<XMarkerList><ListItems>{items}</ListItems></XMarkerList>")
    with pytest.raises(InputError) as caught:
        read_annotations(path, IMAGES)
    fits = "mevislab-world fits: 2 of 2 inside their image; mevislab-voxel: 0 of 2 inside their image"
    assert fits in str(caught.value)
    assert read_annotations(path, IMAGES, "mevislab-world").unnamed == {"a": ((30.0, 40.0, 300.0), (30.0, 40.0, 240.0))}


def test_a_damaged_source_is_reported_before_an_ambiguous_format(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<XMarkerList>")
    with pytest.raises(InputError, match=r"a\.xml: cannot be read"):
        read_annotations(path, IMAGES)


def test_two_formats_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.lml").write_text("header\n1 L1_center 1 2 3\n")
    (tmp_path / "a.fcsv").write_text("# CoordinateSystem = LPS\n0,30,40,50,0,0,0,1,1,1,0,L1,,\n")
    with pytest.raises(InputError, match=r"does not tell lml and slicer-fcsv apart \(slicer-fcsv fits: 1 of 1"):
        read_annotations(tmp_path, IMAGES)
    assert read_annotations(tmp_path, IMAGES, "slicer-fcsv").cases == {"a"}


def test_grades_are_read_by_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "sub-verse014.txt").write_text("L1 2\n")
    (tmp_path / "table.csv").write_text("verse_ID,subject_ID,L1_fx-g\n14,14,2\n")
    for path in (tmp_path, tmp_path / "sub-verse014.txt", tmp_path / "table.csv"):
        assert read_grades(path) == {"sub-verse014": {"L1": Grading(2, None)}}
    with pytest.raises(InputError, match=r"grades\.pdf: not a known format of grades; expected text or VerSe's table"):
        read_grades(tmp_path / "grades.pdf")


def test_the_formats_that_count_voxels() -> None:
    names = {name for name, found in known_formats().items() if found.on_voxels}
    masks = {"vertebra-masks", "verse-masks", "totalsegmentator-masks", "totalsegmentator-v3-masks", "spineps-masks"}
    assert names == {"csv-voxel", "lml", "mevislab-voxel", "verse", "verse19-miccai", "verse20-miccai", *masks}


def test_a_case_in_another_space_does_not_affect_the_others(tmp_path: Path) -> None:
    """Two cases in LPS and one in RAS, whose own rows fit the image better as RAS."""
    path = tmp_path / "vertebrae.csv"
    levels = list(zip(("L1", "L2", "L3"), (300.0, 270.0, 240.0), strict=True))
    rows = [Vertebra(case, case, level, 30, 40, z) for case in "ab" for level, z in levels]
    write_vertebra_table(path, [*rows, *(Vertebra("c", "c", level, -30, -40, z) for level, z in levels)])
    found = read_case_annotations(path, dict.fromkeys("abcd", IMAGE))
    assert found.cases == {"a", "b", "c"}
    assert [row.vertebra for row in found.by_case["b"].vertebrae] == ["L1", "L2", "L3"]
    assert found.by_case["d"].vertebrae == ()
    assert list(found.problems) == ["c"]
    (problem,) = found.problems["c"]
    assert "csv: 0 of 3 inside their image" in problem
    assert "csv-ras fits: 3 of 3 inside their image" in problem
    alone = read_annotations(path, {"a": IMAGE})
    assert found.by_case["a"].vertebrae == alone.vertebrae


def test_what_is_left_out_is_said_of_its_own_case(tmp_path: Path) -> None:
    entries = [{"direction": ["L", "P", "S"]}, {"label": 20, "X": 30, "Y": 40, "Z": 150}]
    for case in "ab":
        own = [*entries, {"label": 27, "X": 1, "Y": 1, "Z": 1}] if case == "b" else entries
        (tmp_path / f"{case}_seg-vb_ctd.json").write_text(json.dumps(own))
    found = read_case_annotations(tmp_path, dict.fromkeys("ab", IMAGE))
    assert found.by_case["a"].left_out == ()
    (sentence,) = found.by_case["b"].left_out
    assert sentence.endswith("the coccyx has no level and is left out")
    assert [part.points for part in found.by_case.values()] == [1, 2]
