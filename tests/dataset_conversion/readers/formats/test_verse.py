import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.formats.verse import FORMATS, LEVEL_OF_LABEL, read
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader, to_lps

SIZE = {"P": 30, "I": 50, "R": 20}
OPPOSITE = {"P": "A", "A": "P", "I": "S", "S": "I", "R": "L", "L": "R"}
LPS_SIGN = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}
SPACING = {"P": 0.9, "I": 1.1, "R": 2.0}


def header(codes: str) -> ImageHeader:
    """The same box of voxels, its axes stored along `codes`; LPS 0 is the first voxel along P, I, R."""
    affine = np.eye(4)
    affine[:3, :3] = 0.0
    sizes = []
    for column, code in enumerate(codes):
        base = code if code in SIZE else OPPOSITE[code]
        axis, sign = LPS_SIGN[base]
        sizes.append(SIZE[base])
        step = sign * SPACING[base]
        affine[axis, column] = step if code == base else -step
        if code != base:
            affine[axis, 3] = step * (SIZE[base] - 1)
    x, y, z = sizes
    return ImageHeader(Path("a_ct.nii.gz"), (z, y, x), affine)


def write(tmp_path: Path, content: Any, name: str = "a_seg-subreg_ctd.json") -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def entry(label: int, x: float = 1.0, y: float = 2.0, z: float = 3.0) -> dict[str, float]:
    return {"label": label, "X": x, "Y": y, "Z": z}


PIR = {"direction": ["P", "I", "R"]}


@pytest.mark.parametrize("codes", ["PIR", "LPS", "RAS", "ASL", "IPL"])
def test_the_same_place_whatever_the_image_axes(tmp_path: Path, codes: str) -> None:
    path = write(tmp_path, [PIR, entry(20, 10.5, 20.0, 3.0)])
    (vertebra,) = read(path, {"a": header(codes)}).vertebrae
    np.testing.assert_allclose(vertebra.centroid, [-3.0 * 2.0, 10.5 * 0.9, -20.0 * 1.1], atol=1e-9)
    assert (vertebra.case_id, vertebra.vertebra, vertebra.grade) == ("a", "L1", None)


@given(st.permutations("PIR"), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_the_mirror_of_the_first_voxel_is_the_last(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], flips: tuple[bool, ...]
) -> None:
    direction = [OPPOSITE[code] if flip else code for code, flip in zip(order, flips, strict=True)]
    first = [SIZE[code] - 1 if flip else 0 for code, flip in zip(order, flips, strict=True)]
    path = write(tmp_path_factory.mktemp("verse"), [{"direction": direction}, entry(20, *first)])
    (vertebra,) = read(path, {"a": header("PIR")}).vertebrae
    np.testing.assert_allclose(vertebra.centroid, [0.0, 0.0, 0.0], atol=1e-9)


def test_the_test_header_has_the_codes_that_it_names() -> None:
    assert "".join(nib.aff2axcodes(to_lps(header("ASL").affine))) == "ASL"


def test_labels() -> None:
    golden = {1: "C1", 7: "C7", 8: "T1", 19: "T12", 20: "L1", 25: "L6", 26: "S1", 28: "T13"}
    assert {label: LEVEL_OF_LABEL[label] for label in golden} == golden
    assert 27 not in LEVEL_OF_LABEL


def test_coccyx_and_missing_coordinates_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, [PIR, entry(26), entry(27), entry(20, z=float("nan"))])
    found = read(path, {"a": header("PIR")})
    assert [vertebra.vertebra for vertebra in found.vertebrae] == ["S1"]
    assert found.left_out == (
        f"{path}: the coccyx has no level and is left out",
        f"{path}: L1 has coordinates that are NaN and is left out",
    )
    assert found.points == 3


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path, [PIR, entry(20)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [vertebra.vertebra for vertebra in read(path, {"a": header("PIR")}).vertebrae] == ["L1"]


def test_series_of_a_subject_share_a_patient(tmp_path: Path) -> None:
    names = ["sub-verse004_split-verse253", "sub-verse004_split-verse254", "sub-verse005"]
    for name in names:
        write(tmp_path, [PIR, entry(20)], f"{name}/{name}_seg-vb_ctd.json")
    found = read(tmp_path, dict.fromkeys([*names, "other"], header("PIR")))
    assert found.cases == set(names)
    assert [vertebra.patient_id for vertebra in found.vertebrae] == ["sub-verse004", "sub-verse004", "sub-verse005"]


def test_a_case_without_image_is_named_but_not_read(tmp_path: Path) -> None:
    found = read(write(tmp_path, [PIR, entry(20)]), {})
    assert (found.cases, found.vertebrae) == (frozenset({"a"}), ())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([entry(20)], "no direction; expected VerSe's subject-based form"),
        ({}, "not a VerSe centroid file"),
        ([PIR, {"label": 20, "X": 1}], "not a VerSe centroid file"),
        ([PIR, {"label": [20], "X": 1, "Y": 2, "Z": 3}], "not a VerSe centroid file"),
        ([PIR, 7], "not a VerSe centroid file"),
        ([PIR, {"label": 20.7, "X": 1, "Y": 2, "Z": 3}], "not a VerSe centroid file"),
        ([PIR, {"label": int("9" * 400), "X": 1, "Y": 2, "Z": 3}], "not a VerSe centroid file"),
        ([PIR, entry(29, z=float("nan"))], "label 29 is unknown; expected 1..28"),
        ([{"direction": ["P", "A", "R"]}], "direction is 'PAR'; expected three axes"),
        ([{"direction": ["P", "I"]}], "direction is 'PI'; expected three axes"),
        ([PIR, entry(29)], "label 29 is unknown; expected 1..28"),
        ([PIR, entry(20), entry(20)], "L1 occurs twice; expected each vertebra once"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: Any, words: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read(path, {"a": header("PIR")})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: {words}")


def test_text_that_is_no_json_and_a_second_file_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, [PIR, entry(20)], "1/a_ctd.json")
    write(tmp_path, [PIR, entry(20)], "2/a_seg-vb_ctd.json")
    (tmp_path / "b_ctd.json").write_text("[")
    with pytest.raises(InputError) as caught:
        read(tmp_path, {"a": header("PIR"), "b": header("PIR")})
    second, broken = caught.value.problems
    assert "second annotation of case a" in second
    assert "b_ctd.json: not a VerSe centroid file" in broken


@given(seed=st.integers(0, 2**20), order=st.permutations("PIR"), flips=st.tuples(*[st.booleans()] * 3))
def test_written_files_are_read_along_any_direction(
    tmp_path_factory: pytest.TempPathFactory,
    draw: Callable[[int], Any],
    same_places: Callable[[Annotations, Any], None],
    seed: int,
    order: list[str],
    flips: tuple[bool, ...],
) -> None:
    drawn = draw(seed)
    direction = [OPPOSITE[code] if flip else code for code, flip in zip(order, flips, strict=True)]
    label_of = {level: label for label, level in LEVEL_OF_LABEL.items()}
    # nibabel is the judge of which index along the direction is which stored one.
    stored = nib.orientations.io_orientation(to_lps(drawn.header.affine))
    expected = nib.orientations.axcodes2ornt(direction)
    back = nib.orientations.inv_ornt_aff(nib.orientations.ornt_transform(stored, expected), drawn.itk.GetSize())
    entries = [
        entry(label_of[level], *np.linalg.solve(back, [*index, 1.0])[:3]) for level, index in drawn.indices.items()
    ]
    path = write(tmp_path_factory.mktemp("verse"), [{"direction": direction}, *entries])
    same_places(read(path, {"a": drawn.header}), drawn)


def test_files_with_a_direction_match(tmp_path: Path) -> None:
    (verse,) = FORMATS
    assert not verse.matches(tmp_path)
    path = write(tmp_path, [PIR, entry(20)])
    assert verse.matches(tmp_path)
    assert verse.matches(path)
    write(tmp_path, [entry(20)])
    assert not verse.matches(tmp_path)
    path.write_text("[")
    assert verse.matches(tmp_path)
