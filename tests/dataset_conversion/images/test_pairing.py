from collections.abc import Callable
from pathlib import Path

import pytest

from dataset_conversion.images.pairing import case_id_of, find_images, unpaired
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.mark.parametrize(
    ("name", "case_id"),
    [
        ("a.nii.gz", "a"),
        ("a.nii", "a"),
        ("sub-verse014_ct.nii.gz", "sub-verse014"),
        ("case_1_0000.nii.gz", "case_1"),
        ("sub-verse004_split-verse253_ct.nii.gz", "sub-verse004_split-verse253"),
        ("a.nrrd", "a"),
        ("a_ct.MHA", "a"),
        ("a.mhd", "a"),
        ("a.nhdr", "a"),
        ("a.seg.nrrd", None),
        ("a-label.nrrd", None),
        ("a_seg.mha", None),
        ("sub-verse014_seg-vert_msk.nii.gz", None),
        ("a_msk.nii.gz", None),
        ("._a.nii.gz", None),
        ("a.csv", None),
        ("a.raw", None),
    ],
)
def test_case_id_from_the_file_name(name: str, case_id: str | None) -> None:
    assert case_id_of(Path(name)) == case_id


def test_images_are_found_in_subfolders(tmp_path: Path) -> None:
    touch(tmp_path, "x/b_ct.nii.gz", "y/z/a.nii.gz", "y/a_seg-vert_msk.nii.gz", "table.csv")
    assert find_images(tmp_path) == {"a": tmp_path / "y/z/a.nii.gz", "b": tmp_path / "x/b_ct.nii.gz"}


def test_images_of_all_kinds_are_found(tmp_path: Path, save_series: Callable[..., Path], volume: Volume) -> None:
    touch(tmp_path, "a.nii.gz", "deep/b.nrrd", "c.mhd", "c.raw", "d.mha", ".hidden/.e.nii")
    series = save_series(tmp_path / "study" / "f_ct", volume)
    found = find_images(tmp_path)
    assert sorted(found) == ["a", "b", "c", "d", "f"]
    assert found["f"] == series


def test_the_folder_itself_may_be_the_series(tmp_path: Path, save_series: Callable[..., Path], volume: Volume) -> None:
    series = save_series(tmp_path / "a", volume)
    assert find_images(series) == {"a": series}


def test_bad_names_and_second_images_come_at_once(tmp_path: Path) -> None:
    touch(tmp_path, "1/a.nii.gz", "2/a_ct.nii.gz", "a b.nii.gz")
    with pytest.raises(InputError) as caught:
        find_images(tmp_path)
    second, unsafe = caught.value.problems
    assert (
        second == f"{tmp_path / '2/a_ct.nii.gz'}: second image of case a after {tmp_path / '1/a.nii.gz'}; expected one"
    )
    assert "case id 'a b'; expected letters" in unsafe


def test_nothing_to_find(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_images(tmp_path / "absent")
    with pytest.raises(InputError, match="no image found"):
        find_images(touch(tmp_path, "a_msk.nii.gz"))


def test_the_unpaired_are_named() -> None:
    assert unpaired(["a", "b"], ["b", "c"]) == [
        "case c: annotated but without image, left out",
        "case a: image without annotation, left out",
    ]
    assert unpaired(["a"], ["a"]) == []


def test_no_pair_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match=r"images a, b, c, \.\.\.; annotations none;"):
        unpaired(["a", "b", "c", "d"], [])
