import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.checks.cohort import Cohort, gather_cohort, read_headers
from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.source_counts import SourceCount
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, read_vertebra_table, write_vertebra_table

Save = Callable[..., Path]


def gather(images: Path, annotations: Path, grades: Path | None = None, name: str | None = None) -> Cohort:
    return gather_cohort(read_headers(images), annotations, grades, name, SpacingLimits())


def test_a_valid_cohort(cohort: tuple[Path, Path]) -> None:
    found = gather(*cohort)
    assert list(found.images) == [f"case_{number}" for number in range(5)]
    assert list(found.vertebrae) == read_vertebra_table(cohort[1])
    assert found.warnings == ()
    assert found.counts == {"images": SourceCount(5, 5), "points": SourceCount(15, 15)}
    assert found.centroids.source == cohort[1]
    assert found.centroids.sites["case_0"].levels == ("T12", "L1", "L2")
    assert set(found.centroids.sites["case_0"].rivals) == {"format csv-ras", "format csv-voxel"}


def test_what_is_read_and_used_is_counted(cohort: tuple[Path, Path], tmp_path: Path) -> None:
    images, table = cohort
    (images / "case_4.nii.gz").unlink()
    texts = tmp_path / "grades"
    texts.mkdir()
    for number in (0, 3, 9):
        (texts / f"case_{number}.txt").write_text("T12 1\nL1 2\n")
    found = gather(images, table, texts)
    assert found.counts == {
        "images": SourceCount(4, 4),
        "points": SourceCount(15, 12),
        "gradings": SourceCount(6, 4),
    }


def test_problems_of_all_sources_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        gather(tmp_path / "images", tmp_path / "table.csv", tmp_path / "grades.xlsx")
    assert [Path(problem.split(":")[0]).name for problem in caught.value.problems] == [
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
    with pytest.raises(InputError) as caught:
        gather(images, table)
    assert [Path(problem.split(":")[0]).name for problem in caught.value.problems] == [
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
    with pytest.raises(InputError, match="sub-verse014: L2 has grade 1 but no centroid; expected both"):
        gather(images, table, grades)
    grades.write_text("verse_ID,subject_ID,L1_fx-g,L2_fx-g\n14,14,3,\n")
    assert [row.grade for row in gather(images, table, grades).vertebrae] == [3]


def test_warnings_of_an_image_are_passed_on(cohort: tuple[Path, Path], volume: Volume, save: Save) -> None:
    rounded = volume.affine.copy()
    rounded[0, 1] = 0.004
    path = save(cohort[0] / "case_3.nii.gz", volume.array.T, rounded)
    (warning,) = gather(*cohort).warnings
    assert warning.startswith(f"{path}: axes with a cosine of 2.7e-03 between them, straightened")


def test_dicom_patients_group_the_cases_that_the_table_does_not(
    cohort: tuple[Path, Path], volume: Volume, save_series: Save
) -> None:
    images, table = cohort
    for number in range(4):
        (images / f"case_{number}.nii.gz").unlink()
        patient = f"hospital number {number // 2}"
        save_series(
            images / f"case_{number}", volume, lambda _, header, patient=patient: setattr(header, "PatientID", patient)
        )
    rows = read_vertebra_table(table)
    write_vertebra_table(table, [replace(row, patient_id="known") if row.case_id == "case_3" else row for row in rows])
    patients = {row.case_id: row.patient_id for row in gather(images, table).vertebrae}
    assert patients["case_0"] == patients["case_1"] != patients["case_2"]
    assert patients["case_0"].startswith("patient-")
    assert (patients["case_3"], patients["case_4"]) == ("known", "case_4")


def marker_list(path: Path, rows: Sequence[Vertebra]) -> None:
    items = "".join(f"<Item><pos>{row.x} {row.y} {row.z} 0 0 0</pos></Item>" for row in rows)
    path.write_text(f"<XMarkerList><ListItems>{items}</ListItems></XMarkerList>")


def test_the_papers_own_pair_of_texts_and_markers(cohort: tuple[Path, Path], tmp_path: Path) -> None:
    images, table = cohort
    rows = read_vertebra_table(table)
    for folder in ("markers", "texts"):
        (tmp_path / folder).mkdir()
    for name, case in by_case(rows).items():
        marker_list(tmp_path / "markers" / f"{name}_markers.xml", case[::-1])
        lines = [f"{row.vertebra}: {row.grade}" for row in case]
        (tmp_path / "texts" / f"{name}.txt").write_text("\n".join(lines))
    found = gather(images, tmp_path / "markers", tmp_path / "texts", "mevislab-world")
    assert list(found.vertebrae) == rows
    (tmp_path / "texts" / "case_2.txt").write_text("L1 2\n")
    with pytest.raises(InputError, match="case case_2: 3 markers without names but 1 levels in its grades"):
        gather(images, tmp_path / "markers", tmp_path / "texts", "mevislab-world")
    with pytest.raises(InputError, match="case case_0: 3 markers without names but 0 levels"):
        gather(images, tmp_path / "markers", None, "mevislab-world")
