"""Masks are found and belong to the case of their name or folder."""

from pathlib import Path

import pytest

from dataset_conversion.label_maps.mask_files import holds_masks, mask_sources
from dataset_conversion.spine.errors import InputError


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize(
    ("name", "case_id"),
    [
        ("case_01.nii.gz", "case_01"),
        ("case_01_seg.nii.gz", "case_01"),
        ("case_01-label.nrrd", "case_01"),
        ("case_01.seg.nrrd", "case_01"),
        ("case_01_ct_mask.mha", "case_01"),
        ("case_01_vertebrae.nii.gz", "case_01"),
        ("case_01_totalsegmentator.nii", "case_01"),
        ("sub-verse004_seg-vert_msk.nii.gz", "sub-verse004"),
        ("sub-verse401_split-verse253_ct_seg-vert_msk.nii.gz", "sub-verse401_split-verse253"),
        ("case_01/segmentation.nii.gz", "case_01"),
        ("case_01/vertebrae_L1.nii.gz", "case_01"),
        ("case_01/segmentations/vertebrae_L1.nii.gz", "case_01"),
        ("deep/case_01_ct/segmentations/vertebrae_L1.nii.gz", "case_01"),
    ],
)
def test_the_case_of_a_mask(tmp_path: Path, name: str, case_id: str) -> None:
    touch(tmp_path / "masks", name)
    assert holds_masks(tmp_path / "masks")
    source = tmp_path / "masks" / name
    is_folder = source.name.startswith("vertebrae")
    assert mask_sources(tmp_path / "masks") == {case_id: source.parent if is_folder else source}


def test_a_file_and_a_folder_of_one_case(tmp_path: Path) -> None:
    touch(tmp_path, "case_01_seg.nii.gz", "case_02/segmentations/vertebrae_T12.nii.gz")
    assert mask_sources(tmp_path / "case_01_seg.nii.gz") == {"case_01": tmp_path / "case_01_seg.nii.gz"}
    folder = tmp_path / "case_02" / "segmentations"
    assert mask_sources(tmp_path / "case_02") == {"case_02": folder}


def test_cts_and_other_masks_beside_them_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "s01/ct.nii.gz", "s01/segmentations/vertebrae_L1.nii.gz", "s01/segmentations/liver.nii.gz")
    assert mask_sources(tmp_path) == {"s01": tmp_path / "s01" / "segmentations"}
    touch(tmp_path, "s02/ct.nii.gz", "s02/ct_seg-vert_msk.nii.gz", "s02/ct_seg-spine_msk.nii.gz", "s02/.hidden_seg.nii")
    assert mask_sources(tmp_path).keys() == {"s01", "ct"}


def test_two_masks_of_a_case(tmp_path: Path) -> None:
    touch(tmp_path, "a_seg.nii.gz", "a_mask.nii.gz")
    with pytest.raises(
        InputError, match=r"a_seg\.nii\.gz: second mask of case a after .*a_mask\.nii\.gz; expected one"
    ):
        mask_sources(tmp_path)


def test_folders_without_masks(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    assert not holds_masks(tmp_path)
    assert not holds_masks(tmp_path / "a.csv")
    with pytest.raises(InputError, match="no masks of vertebrae; expected label maps, or folders of files such as"):
        mask_sources(tmp_path)
