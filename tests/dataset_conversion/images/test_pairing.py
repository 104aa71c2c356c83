import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dataset_conversion.images.pairing import case_id_of, find_images, list_images, unpaired
from dataset_conversion.images.studies.selection import DicomSelection
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.images.studies.exports import slices, write


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
    images, passed_over = find_images(tmp_path)
    assert images == {"a": tmp_path / "y/z/a.nii.gz", "b": tmp_path / "x/b_ct.nii.gz"}
    assert passed_over == [
        f"{tmp_path}: passed over (not an image): table.csv",
        f"{tmp_path}: passed over (named as a mask): y/a_seg-vert_msk.nii.gz",
    ]


def test_images_of_all_kinds_are_found(tmp_path: Path, save_series: Callable[..., Path], volume: Volume) -> None:
    touch(tmp_path, "a.nii.gz", "deep/b.nrrd", "c.mhd", "c.raw", "d.mha", ".hidden/.e.nii")
    series = save_series(tmp_path / "study" / "f_ct", volume)
    found, passed_over = find_images(tmp_path)
    assert sorted(found) == ["a", "b", "c", "d", "f"]
    assert passed_over == [f"{tmp_path}: passed over (hidden): .hidden/.e.nii"]
    assert str(found["f"]) == str(series)


def test_the_folder_itself_may_be_the_series(tmp_path: Path, save_series: Callable[..., Path], volume: Volume) -> None:
    series = save_series(tmp_path / "a", volume)
    images, passed_over = find_images(series)
    assert ({case: str(found) for case, found in images.items()}, passed_over) == ({"a": str(series)}, [])


@pytest.mark.parametrize("name", ["A.NII.GZ", "A.Nii.gz", "A_CT.NRRD", "a.MHD", "A.NHDR", "A.MhA"])
def test_endings_in_any_case_are_found(tmp_path: Path, name: str) -> None:
    assert list(list_images(touch(tmp_path, name)).case_ids) == [tmp_path / name]


@pytest.mark.parametrize("name", ["a_SEG.nii.gz", "Segmentation-label.NRRD", "a.Seg.nrrd", "mask.nii.gz", "x_dseg.nii"])
def test_masks_are_told_by_their_names(tmp_path: Path, name: str) -> None:
    found = list_images(touch(tmp_path, name, "b.nii.gz"))
    assert [(item.path.name, item.reason) for item in found.passed_over] == [(name, "named as a mask")]


@pytest.mark.parametrize("folder", ["segmentations", "labelsTr", "Masks", "labelsTs/deep"])
def test_masks_are_told_by_their_folder(tmp_path: Path, folder: str) -> None:
    found = list_images(touch(tmp_path, f"{folder}/case_1.nii.gz", "imagesTr/case_1_0000.nii.gz"))
    assert list(found.case_ids) == [tmp_path / "imagesTr" / "case_1_0000.nii.gz"]
    assert found.passed_over[0].reason == f"in a folder {folder.split('/')[0]}"


def test_a_folder_of_masks_that_is_asked_for_is_searched(tmp_path: Path) -> None:
    """Its content is checked when it is read."""
    assert list(list_images(touch(tmp_path / "masks", "a.nii.gz")).case_ids.values()) == ["a"]


def test_a_folder_of_masks_only_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list_images(touch(tmp_path, *(f"labels/{number}.nii.gz" for number in range(9)), "a.pdf"))
    first, *others = caught.value.problems
    assert "no image found; expected files ending in" in first
    assert others == [
        f"{tmp_path}: passed over (not an image): a.pdf",
        f"{tmp_path}: passed over (in a folder labels): labels/0.nii.gz, labels/1.nii.gz, labels/2.nii.gz and 6 more",
    ]


def test_general_names_take_the_folders_name(tmp_path: Path) -> None:
    found = list_images(touch(tmp_path, "s1/ct.nii.gz", "s2/CT.NII", "s3/image_0000.nii.gz", "ct.mha"))
    assert sorted(found.case_ids.values()) == ["ct", "s1", "s2", "s3"]


def test_links_are_followed_and_each_folder_is_searched_once(tmp_path: Path) -> None:
    inside = touch(tmp_path / "in", "s1/a.nii.gz")
    store = touch(tmp_path / "store", "b.nii.gz", "c.nii.gz")
    (inside / "s2").symlink_to(store)
    (inside / "again").symlink_to(store)
    (inside / "loop").symlink_to(inside)
    (inside / "outer").symlink_to(tmp_path)
    (store / "back").symlink_to(inside / "s1")
    (inside / "linked.nii.gz").symlink_to(store / "c.nii.gz")
    found = list_images(inside)
    assert set(found.case_ids) == {
        *(inside / "s1/a.nii.gz", inside / "again/b.nii.gz", inside / "again/c.nii.gz", inside / "linked.nii.gz")
    } or set(found.case_ids) == {
        *(inside / "s1/a.nii.gz", inside / "s2/b.nii.gz", inside / "s2/c.nii.gz", inside / "linked.nii.gz")
    }
    assert len(found.passed_over) == 4
    assert all("is searched already" in item.reason for item in found.passed_over)


def test_a_broken_link_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.nii.gz")
    (tmp_path / "s2").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b.nii.gz").symlink_to(tmp_path / "nowhere.nii.gz")
    found = list_images(tmp_path)
    assert [(item.path.name, item.reason) for item in found.passed_over] == [("s2", "a broken link")]
    # A link that is named as an image fails when it is read.
    assert list(found.case_ids.values()) == ["a", "b"]


def test_a_folder_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.nii.gz", "closed/b.nii.gz")
    scan = os.scandir

    def refuse(path: Path) -> object:
        if path == tmp_path / "closed":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = list_images(tmp_path)
    (item,) = found.passed_over
    assert (item.path, item.reason) == (tmp_path / "closed", "cannot be opened: Permission denied")


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
    with pytest.raises(InputError, match="images a, b, c and 1 more; annotations none;"):
        unpaired(["a", "b", "c", "d"], [])


def test_folders_of_one_name_in_an_export(tmp_path: Path) -> None:
    for patient in ("1.2.5", "1.2.6"):
        write(
            tmp_path / patient / "SER00001",
            slices(patient, StudyInstanceUID=f"{patient}.0", StudyDate=f"2024010{patient[-1]}"),
        )
    with pytest.raises(InputError, match=r"second image of case SER00001 .*--case-id to name cases by tags$"):
        find_images(tmp_path)
    images, _ = find_images(tmp_path, DicomSelection(case_id="{StudyDate:plain}"))
    assert [*images] == ["20240105", "20240106"]
