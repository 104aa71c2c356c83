"""From masks in the numbers of other programs and texts of grades to a dataset, by the real `convert`."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from dataset_conversion.images.volume import Volume, read_volume, write_volume
from dataset_conversion.label_maps.numberings import TOTALSEGMENTATOR, VERSE, Numbering
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, read_vertebra_table
from tests.dataset_conversion.annotation_files import write_grades
from tests.dataset_conversion.label_maps.whole_vertebrae import whole_vertebrae

SEED, CASES = 77, 5


@dataclass(frozen=True)
class Phantoms:
    """CTs, the true table, masks of bodies in the order of its rows, and a text of grades per case."""

    root: Path

    @property
    def rows(self) -> list[Vertebra]:
        return read_vertebra_table(self.root / "vertebrae.csv")

    def convert(self, annotations: Path, raw: Path, *more: str) -> subprocess.CompletedProcess[str]:
        sources = ["--images", str(self.root / "images"), "--annotations", str(annotations)]
        options = ["--grades", str(self.root / "grades"), "-d", "701", "--name", "Masks", "-np", "1", *more]
        return run("convert", *sources, *options, nnUNet_raw=str(raw))

    def renumbered(self, folder: Path, numbering: Numbering) -> Path:
        """The cohort's own masks of bodies in the numbers of another program."""
        folder.mkdir()
        number_of = {level: number for number, level in numbering.levels.items()}
        for case_id, case in by_case(self.rows).items():
            mask = read_volume(self.root / "masks" / f"{case_id}.nii.gz")
            table = np.array([0, *(number_of[row.vertebra] for row in case)], dtype=np.uint16)
            write_volume(folder / f"{case_id}.nii.gz", Volume(table[mask.array], mask.affine), np.uint16)
        return folder


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("vf_nnunet")), *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Phantoms:
    root = tmp_path_factory.mktemp("cohort") / "phantoms"
    options = ("--cases", str(CASES), "--field-of-view", "spine", "--seed", str(SEED), "-np", "1")
    made = run("phantom", "-o", str(root), *options)
    assert made.returncode == 0, made.stderr
    phantoms = Phantoms(root)
    write_grades(root / "grades", phantoms.rows)
    return phantoms


def assert_like_the_truth(phantoms: Phantoms, raw: Path, result: subprocess.CompletedProcess[str]) -> None:
    """All vertebrae but those that the border cuts off, with their grades, and centroids near the true ones."""
    assert result.returncode == 0, result.stderr
    true = {(row.case_id, row.vertebra): row for row in phantoms.rows}
    found = {
        (row.case_id, row.vertebra): row for row in read_vertebra_table(raw / "Dataset701_Masks" / "vertebrae.csv")
    }
    assert found.keys() <= true.keys()
    for case_id, level in true.keys() - found.keys():
        assert f"{level} is cut off by the border of the image and is left out" in result.stderr
        assert f"case {case_id}: {level} has grade" in result.stderr
    assert len(found) > 0.7 * len(true)
    errors = {key: np.linalg.norm(np.subtract(row.centroid, true[key].centroid)) for key, row in found.items()}
    assert all(row.grade == true[key].grade for key, row in found.items())
    assert np.mean(list(errors.values())) < 1.5
    assert max(errors.values()) < 5
    for case_id in {case_id for case_id, _ in found}:
        label = nib.load(raw / "Dataset701_Masks" / "labelsTr" / f"{case_id}.nii.gz")
        own = [row for key, row in found.items() if key[0] == case_id]
        assert set(np.unique(label.dataobj)) == {0, *(2 if row.grade else 1 for row in own)}


@pytest.mark.parametrize("numbering", [TOTALSEGMENTATOR, VERSE], ids=lambda numbering: numbering.name)
def test_masks_of_bodies(tmp_path: Path, phantoms: Phantoms, numbering: Numbering) -> None:
    masks = phantoms.renumbered(tmp_path / "masks", numbering)
    assert_like_the_truth(phantoms, tmp_path / "raw", phantoms.convert(masks, tmp_path / "raw"))


def test_folders_of_whole_vertebrae_as_totalsegmentator_writes_them(tmp_path: Path, phantoms: Phantoms) -> None:
    for case in range(CASES):
        whole_vertebrae(SEED, case).write_folder(tmp_path / "masks" / f"phantom_{case:03d}")
    assert_like_the_truth(phantoms, tmp_path / "raw", phantoms.convert(tmp_path / "masks", tmp_path / "raw"))


def change_of(path: Path, change: Callable[[Volume], Volume]) -> None:
    write_volume(path, change(read_volume(path)), np.uint16)


def shifted(mask: Volume) -> Volume:
    affine = mask.affine.copy()
    affine[2, 3] += 5
    return replace(mask, affine=affine)


def doubled(mask: Volume) -> Volume:
    """The lowest vertebra with the number of the highest, which VerSe's numbers begin with."""
    numbers = [number for number in np.unique(mask.array) if number]
    return replace(mask, array=np.where(mask.array == numbers[-1], numbers[0], mask.array))


def only_discs(mask: Volume) -> Volume:
    return replace(mask, array=np.where(mask.array > 0, 120, 0))


BAD: dict[str, tuple[Callable[[Volume], Volume], str]] = {
    "another geometry": (shifted, "resample the masks to the CT"),
    "unknown numbers": (
        lambda mask: replace(mask, array=mask.array + 300 * (mask.array > 0)),
        "fits no known numbering",
    ),
    "no vertebrae": (only_discs, "SPINEPS: no vertebra"),
    # Where the larger of the two bodies lies out of order, the order is named.
    "two bodies with one name": (doubled, r"expected one vertebra for each label|\(label \d+\) lies above"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_masks_are_one_line_each(tmp_path: Path, phantoms: Phantoms, kind: str) -> None:
    change, words = BAD[kind]
    masks = phantoms.renumbered(tmp_path / "masks", VERSE)
    first, second, *_ = sorted(masks.iterdir())
    for path in (first, second):
        change_of(path, change)
    result = phantoms.convert(masks, tmp_path / "raw")
    assert result.returncode == 2
    lines = [line for line in result.stderr.splitlines() if line.startswith("vf_nnunet convert: ")]
    assert [str(path) in line for path, line in zip((first, second), lines, strict=True)] == [True, True]
    assert all(re.search(words, line) for line in lines)
    assert not (tmp_path / "raw").exists()


def test_a_grade_for_a_level_without_a_mask(tmp_path: Path, phantoms: Phantoms) -> None:
    masks = phantoms.renumbered(tmp_path / "masks", TOTALSEGMENTATOR)
    grades = phantoms.root / "grades" / "phantom_000.txt"
    before = grades.read_text()
    grades.write_text(f"{before}\nC3 2\n")
    try:
        result = phantoms.convert(masks, tmp_path / "raw")
    finally:
        grades.write_text(before)
    assert result.returncode == 2
    lines = [line for line in result.stderr.splitlines() if line.startswith("vf_nnunet convert: ")]
    assert lines == ["vf_nnunet convert: case phantom_000: C3 has grade 2 but no centroid; expected both"]
