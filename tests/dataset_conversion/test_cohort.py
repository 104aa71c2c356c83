import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.checks import SpacingLimits
from dataset_conversion.cohort import Cohort, gather_cohort
from dataset_conversion.errors import ConversionError
from dataset_conversion.vertebra_table import Vertebra, read_vertebra_table, write_vertebra_table

Save = Callable[..., Path]


def gather(images: Path, annotations: Path, grades: Path | None = None) -> Cohort:
    return gather_cohort(images, annotations, grades, None, SpacingLimits())


def test_a_good_cohort(cohort: tuple[Path, Path]) -> None:
    found = gather(*cohort)
    assert list(found.images) == [f"case_{number}" for number in range(5)]
    assert list(found.vertebrae) == read_vertebra_table(cohort[1])
    assert found.warnings == ()


def test_findings_of_all_sources_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConversionError) as caught:
        gather(tmp_path / "images", tmp_path / "table.csv", tmp_path / "grades.xlsx")
    assert [Path(finding.split(":")[0]).name for finding in caught.value.findings] == [
        "images",
        "grades.xlsx",
        "table.csv",
    ]


def test_broken_images_and_bad_centroids_come_at_once(cohort: tuple[Path, Path], save: Save) -> None:
    images, table = cohort
    rows = read_vertebra_table(table)
    write_vertebra_table(table, [replace(rows[0], x=999.0), *rows[1:]])
    save(images / "case_1.nii.gz", np.zeros((5, 5), dtype=np.int16))
    (images / "case_2.nii.gz").write_bytes(b"junk")
    with pytest.raises(ConversionError) as caught:
        gather(images, table)
    assert [Path(finding.split(":")[0]).name for finding in caught.value.findings] == [
        "case_1.nii.gz",
        "case_2.nii.gz",
        "case_0.nii.gz",
    ]


def test_a_broken_image_that_nobody_annotated_is_left_out(cohort: tuple[Path, Path]) -> None:
    images, table = cohort
    (images / "other.nii.gz").write_bytes(b"junk")
    found = gather(images, table)
    assert "other" not in found.images
    assert found.warnings == ("case other: image without annotation, left out",)


def test_an_annotation_without_centroids_is_a_warning(cohort: tuple[Path, Path], tmp_path: Path) -> None:
    for number in range(5):
        content = [{"direction": ["L", "P", "S"]}, {"label": 20, "X": "NaN" if number else 18, "Y": 20, "Z": 30}]
        (tmp_path / f"case_{number}_ctd.json").write_text(json.dumps(content))
    found = gather(cohort[0], tmp_path)
    assert list(found.images) == ["case_0"]
    assert found.warnings[:4] == tuple(f"case case_{number}: no centroid, left out" for number in range(1, 5))


@pytest.mark.parametrize(("grade", "word"), [(None, "graded"), (0, "fractured")])
def test_nothing_to_learn_is_a_warning(cohort: tuple[Path, Path], grade: int | None, word: str) -> None:
    images, table = cohort
    write_vertebra_table(table, [replace(row, grade=grade) for row in read_vertebra_table(table)])
    assert gather(images, table).warnings == (f"no vertebra is {word}: nothing can be learned from this dataset",)


def test_grades_from_their_own_table(
    cohort: tuple[Path, Path], case: Callable[..., list[Vertebra]], save: Save
) -> None:
    images, table = cohort
    case_id = "sub-verse014"
    save(images / f"{case_id}_ct.nii.gz", np.arange(60 * 40 * 36).reshape(36, 40, 60).astype(np.int32), np.eye(4))
    write_vertebra_table(table, [replace(row, x=9.0, y=9.0, z=row.z + 260) for row in case(case_id, L2=None)[1:2]])
    grades = images.parent / "grades.csv"
    grades.write_text("verse_ID,subject_ID,L1_fx-g,L2_fx-g\n14,14,3,1\n")
    with pytest.raises(ConversionError, match="sub-verse014: L2 has grade 1 but no centroid, wanted both"):
        gather(images, table, grades)
    grades.write_text("verse_ID,subject_ID,L1_fx-g,L2_fx-g\n14,14,3,\n")
    assert [row.grade for row in gather(images, table, grades).vertebrae] == [3]
