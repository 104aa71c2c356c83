"""Which file is a case's mask, and which label is a vertebra's."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.vertebra.masks import find_masks, labels_at

AFFINE = np.eye(4)
PATH = Path("mask.nii.gz")


def vertebra(level: str, z: float, grade: int | None = 0) -> Vertebra:
    return Vertebra("a", "a", level, 2.0, 2.0, z, grade)


def column(*labels: float) -> np.ndarray:
    """A mask whose slices hold these labels."""
    return np.broadcast_to(np.array(labels, dtype=np.float32)[:, None, None], (len(labels), 5, 5))


def test_label_is_the_value_at_the_centroid() -> None:
    rows = [vertebra("T12", 3.4), vertebra("L1", 1.0)]
    assert labels_at(PATH, column(0, 20, 0, 19), AFFINE, rows) == [19, 20]


def test_all_graded_vertebrae_without_their_own_label_are_named() -> None:
    rows = [vertebra("T12", 3), vertebra("L1", 2), vertebra("L2", 1), vertebra("L3", 40)]
    with pytest.raises(InputError) as error:
        labels_at(PATH, column(0, 21, 21, 0), AFFINE, rows)
    assert [problem.split(";")[0] for problem in error.value.problems] == [
        "mask.nii.gz: 0 at the centroid of T12",
        "mask.nii.gz: 21 at the centroid of L1",
        "mask.nii.gz: 21 at the centroid of L2",
        "mask.nii.gz: 0 at the centroid of L3",
    ]


def test_an_ungraded_vertebra_may_lack_a_label() -> None:
    rows = [vertebra("T12", 2, None), vertebra("L1", 1)]
    assert labels_at(PATH, column(0, 20, 0), AFFINE, rows) == [0, 20]


def test_masks_of_phantoms_and_of_verse(tmp_path: Path) -> None:
    (tmp_path / "sub-1").mkdir()
    for name in ("a.nii.gz", "sub-1/b_seg-vert_msk.nii.gz", "other.nii.gz"):
        (tmp_path / name).touch()
    assert find_masks(tmp_path, ["a", "b"]) == {
        "a": tmp_path / "a.nii.gz",
        "b": tmp_path / "sub-1" / "b_seg-vert_msk.nii.gz",
    }


def test_body_mask_is_preferred_to_a_whole_vertebra(tmp_path: Path) -> None:
    for ending in ("vb", "vert"):
        (tmp_path / f"a_seg-{ending}_msk.nii.gz").touch()
    assert find_masks(tmp_path, ["a"])["a"].name == "a_seg-vb_msk.nii.gz"


def test_missing_and_doubled_masks_are_all_named(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.nii.gz").touch()
    with pytest.raises(InputError) as error:
        find_masks(tmp_path, ["a", "b"])
    first, second = error.value.problems
    assert "0 masks of case a" in first
    assert "2 masks of case b" in second


def test_links_are_followed_and_endings_read_in_any_case(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "masks"
    for path in (elsewhere, folder):
        path.mkdir()
    (elsewhere / "a.nii.gz").touch()
    (elsewhere / "loop").symlink_to(elsewhere)
    (folder / "linked").symlink_to(elsewhere)
    (folder / "broken.nii.gz").symlink_to(folder / "nothing")
    (folder / "b_seg-vert_msk.NII.GZ").touch()
    assert find_masks(folder, ["a", "b"]) == {
        "a": folder / "linked" / "a.nii.gz",
        "b": folder / "b_seg-vert_msk.NII.GZ",
    }
    with pytest.raises(InputError, match="0 masks of case broken"):
        find_masks(folder, ["broken"])
