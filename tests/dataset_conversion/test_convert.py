import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import Dataset

from dataset_conversion.convert import convert
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.dataset.splits import SplitSettings
from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.studies.selection import DicomSelection
from dataset_conversion.images.volume import Volume, read_volume
from dataset_conversion.labels.ellipsoids import draw_labels
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table, write_vertebra_table
from tests.dataset_conversion.conftest import numbered

Save = Callable[..., Path]
Paths = tuple[Path, Path]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def edit(table: Path, **changes: Any) -> None:
    """Change the first row."""
    first, *rest = read_vertebra_table(table)
    write_vertebra_table(table, [replace(first, **changes), *rest])


def refusal(cohort: Paths, raw: Path, dataset_id: int = 7, name: str = "Test", **options: Any) -> str:
    """The one problem that a conversion ends with; nothing of it is left on disk.

    `options` are fields of the request or keywords of `convert`.
    """
    before = files(raw.parent)
    of_request = {key: options.pop(key) for key in ("grades", "annotation_format", "settings") if key in options}
    with pytest.raises(InputError) as caught:
        convert(ConversionRequest(*cohort, **of_request), raw, dataset_id, name, **options)
    assert files(raw.parent) == before
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem


def test_layout(cohort: Paths, tmp_path: Path) -> None:
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    assert folder == tmp_path / "raw" / "Dataset007_Test"
    names = [f"case_{number}" for number in range(5)]
    assert files(folder) == [
        "conversion_report.json",
        "dataset.json",
        *(f"imagesTr/{name}_0000.nii.gz" for name in names),
        "inputs.json",
        *(f"labelsTr/{name}.nii.gz" for name in names),
        "splits_final.json",
        "splits_inner.json",
        "vertebrae.csv",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["Dataset007_Test"]
    assert read_vertebra_table(folder / "vertebrae.csv") == read_vertebra_table(cohort[1])


def test_dataset_json_has_the_format_of_nnunet(cohort: Paths, tmp_path: Path) -> None:
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    assert json.loads((folder / "dataset.json").read_text(encoding="utf-8")) == {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "normal": 1, "fracture": 2},
        "numTraining": 5,
        "file_ending": ".nii.gz",
        "overwrite_image_reader_writer": "NibabelIO",
    }
    splits = json.loads((folder / "splits_final.json").read_text(encoding="utf-8"))
    assert sorted(case for fold in splits for case in fold["val"]) == [f"case_{number}" for number in range(5)]


def test_ungraded_vertebrae_bring_the_ignore_label(cohort: Paths, tmp_path: Path) -> None:
    edit(cohort[1], grade=None)
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    assert json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["labels"]["ignore"] == 3
    assert 3 in np.unique(nib.load(folder / "labelsTr" / "case_0.nii.gz").dataobj)


def test_image_and_label_share_their_grid_and_no_voxel_changes(cohort: Paths, tmp_path: Path, volume: Volume) -> None:
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    image, label = (nib.load(folder / part) for part in ("imagesTr/case_3_0000.nii.gz", "labelsTr/case_3.nii.gz"))
    np.testing.assert_array_equal(image.affine, label.affine)
    assert (image.get_data_dtype(), label.get_data_dtype()) == (np.int16, np.uint8)
    np.testing.assert_array_equal(np.asarray(image.dataobj).T, numbered(volume, 3))
    case = [row for row in read_vertebra_table(cohort[1]) if row.case_id == "case_3"]
    expected = draw_labels(volume, case, ConversionSettings().ellipsoids)
    np.testing.assert_array_equal(np.asarray(label.dataobj).T, expected)


def test_stored_axes_make_no_difference(cohort: Paths, tmp_path: Path, volume: Volume, save: Save) -> None:
    images, table = cohort
    plain = convert(ConversionRequest(images, table), tmp_path / "raw", 7, "Plain")
    turn = np.array([[2, 1], [0, -1], [1, -1]])
    affine = volume.affine @ nib.orientations.inv_ornt_aff(turn, volume.array.T.shape)
    for number in range(5):
        array = nib.orientations.apply_orientation(numbered(volume, number).T, turn)
        save(images / f"case_{number}.nii.gz", array, affine)
    other = convert(ConversionRequest(images, table), tmp_path / "raw", 8, "Turned")
    for name in ("imagesTr/case_0_0000.nii.gz", "labelsTr/case_0.nii.gz"):
        first, second = (nib.load(folder / name) for folder in (plain, other))
        np.testing.assert_array_equal(np.asarray(first.dataobj), np.asarray(second.dataobj))
        np.testing.assert_allclose(first.affine, second.affine, atol=1e-4)


def test_settings_are_saved_and_used(cohort: Paths, tmp_path: Path) -> None:
    settings = ConversionSettings(fracture_grade=3, splits=SplitSettings(folds=2))
    folder = convert(ConversionRequest(*cohort, settings=settings), tmp_path / "raw", 7, "Test")
    saved = json.loads((folder / "conversion_report.json").read_text(encoding="utf-8"))
    assert saved["settings"]["fracture_grade"] == 3
    assert saved["settings"]["ellipsoids"]["width_share"] == settings.ellipsoids.width_share
    assert "numpy" in saved["versions"]
    assert len(json.loads((folder / "splits_final.json").read_text(encoding="utf-8"))) == 2
    assert set(np.unique(nib.load(folder / "labelsTr" / "case_0.nii.gz").dataobj)) == {0, 1}


def test_two_conversions_are_identical(cohort: Paths, tmp_path: Path) -> None:
    first = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    second = convert(ConversionRequest(*cohort), tmp_path / "again", 7, "Test")
    for name in files(first):
        if not name.endswith(".gz"):
            assert (first / name).read_text(encoding="utf-8") == (second / name).read_text(encoding="utf-8")


def test_too_few_patients_for_folds(cohort: Paths, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_vertebra_table(cohort[1], [replace(row, patient_id="p") for row in read_vertebra_table(cohort[1])])
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    assert not (folder / "splits_final.json").exists()
    together, few = json.loads((folder / "conversion_report.json").read_text(encoding="utf-8"))["warnings"]
    assert together == "patient p: 5 cases (case_0, case_1, case_2, case_3, case_4), kept in one fold"
    assert few.startswith("too few patients (1) for 5 folds")
    assert few in caplog.text


def test_thick_slices_that_miss_a_vertebra_are_a_warning(
    cohort: Paths, tmp_path: Path, volume: Volume, save: Save
) -> None:
    affine = volume.affine.copy()
    affine[:3, 2] = [0.0, 0.0, 24.0]
    affine[2, 3] = -289.0
    save(cohort[0] / "case_0.nii.gz", volume.array.T[..., :5], affine)
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    warnings = json.loads((folder / "conversion_report.json").read_text(encoding="utf-8"))["warnings"]
    assert any("case_0: no label at the centroid of T12" in warning for warning in warnings)


@pytest.mark.parametrize("name", ["Test", "Other"])
def test_an_existing_dataset_is_only_replaced_on_request(cohort: Paths, tmp_path: Path, name: str) -> None:
    raw = tmp_path / "raw"
    old = convert(ConversionRequest(*cohort), raw, 7, "Test")
    (old / "mark").touch()
    edit(cohort[1], grade=3)
    assert refusal(cohort, raw, name=name).endswith("overwrite=True (--overwrite) to replace it")
    new = convert(ConversionRequest(*cohort), raw, 7, name, overwrite=True)
    assert [path.name for path in raw.iterdir()] == [f"Dataset007_{name}"]
    assert not (new / "mark").exists()


def test_the_same_input_changes_nothing(cohort: Paths, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raw = tmp_path / "raw"
    folder = convert(ConversionRequest(*cohort), raw, 7, "Test")
    before = {path: path.stat().st_mtime_ns for path in raw.rglob("*")}
    assert convert(ConversionRequest(*cohort), raw, 7, "Test") == folder
    assert f"{folder}: already made from the same input, left as it is" in caplog.text
    copy = tmp_path / "copy"
    shutil.copytree(cohort[0], copy / cohort[0].name, copy_function=shutil.copyfile)
    shutil.copyfile(cohort[1], copy / cohort[1].name)
    copied = ConversionRequest(copy / cohort[0].name, copy / cohort[1].name)
    assert convert(copied, raw, 7, "Test") == folder
    assert {path: path.stat().st_mtime_ns for path in raw.rglob("*")} == before


@pytest.mark.parametrize("part", ["labelsTr/case_2.nii.gz", "dataset.json", "conversion_report.json", "inputs.json"])
def test_a_dataset_that_has_lost_a_file_is_not_taken_for_whole(cohort: Paths, tmp_path: Path, part: str) -> None:
    raw = tmp_path / "raw"
    (convert(ConversionRequest(*cohort), raw, 7, "Test") / part).unlink()
    assert "Dataset007_Test: already exists" in refusal(cohort, raw)


def test_other_settings_are_other_input(cohort: Paths, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    convert(ConversionRequest(*cohort), raw, 7, "Test")
    assert "Dataset007_Test: already exists" in refusal(cohort, raw, settings=ConversionSettings(fracture_grade=2))
    assert "Dataset007_Test: already exists" in refusal(cohort, raw, annotation_format="csv")


def test_one_process_and_two_write_the_same(cohort: Paths, tmp_path: Path) -> None:
    one = convert(ConversionRequest(*cohort), tmp_path / "one", 7, "Test")
    two = convert(ConversionRequest(*cohort), tmp_path / "two", 7, "Test", processes=2)
    assert files(one) == files(two)
    for name in files(one):
        if name.endswith(".gz"):
            first, second = (nib.load(folder / name) for folder in (one, two))
            np.testing.assert_array_equal(np.asarray(first.dataobj), np.asarray(second.dataobj))
            np.testing.assert_array_equal(first.affine, second.affine)
        else:
            assert (one / name).read_text(encoding="utf-8") == (two / name).read_text(encoding="utf-8")


def test_pictures_are_drawn_when_asked_for_and_change_nothing_else(cohort: Paths, tmp_path: Path) -> None:
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    before = files(folder)
    assert convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test", qc=True) == folder
    pictures = [*(f"case_{number}" for number in range(5)), "contact_sheet", "fractures_by_level"]
    assert files(folder) == sorted([*before, *(f"qc/{name}.png" for name in pictures)])


def test_the_report_counts(cohort: Paths, tmp_path: Path) -> None:
    edit(cohort[1], grade=None)
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    report = json.loads((folder / "conversion_report.json").read_text(encoding="utf-8"))
    assert report["counts"]["patients"] == 5
    assert report["counts"]["by_grade"] == {"0": 9, "1": 0, "2": 5, "3": 0, "not graded": 1}
    assert report["counts"]["by_level"]["T12"] == {"0": 4, "1": 0, "2": 0, "3": 0, "not graded": 1}
    assert report["inputs"]["images"] == str(cohort[0])
    assert report["inputs"]["files"] == 6
    assert report["warnings"] == [
        "case case_0: T12 without a grade, ignored in training",
        "0 patients without a fracture; expected 2 in each of 5 folds",
    ]


def test_a_failed_replacement_leaves_the_old_dataset(cohort: Paths, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    convert(ConversionRequest(*cohort), raw, 7, "Test")
    content = cohort[0].joinpath("case_4.nii.gz").read_bytes()
    cohort[0].joinpath("case_4.nii.gz").write_bytes(content[:-2000])
    assert "case_4.nii.gz: cannot be read" in refusal(cohort, raw, overwrite=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dataset_id": 0}, "dataset id is 0; expected 1..999"),
        ({"dataset_id": 1000}, "dataset id is 1000; expected 1..999"),
        ({"name": "a b"}, "dataset name is 'a b'; expected letters"),
        ({"processes": 0}, "processes is 0; expected 1 or more"),
        ({"name": "../a"}, "dataset name is '../a'; expected letters"),
        ({"annotation_format": "pdf"}, "annotation format 'pdf' is unknown"),
        ({"grades": Path("absent.xlsx")}, "absent.xlsx: cannot be read"),
    ],
)
def test_bad_options(cohort: Paths, tmp_path: Path, options: dict[str, Any], words: str) -> None:
    assert refusal(cohort, tmp_path / "raw", **options).startswith(words)


def test_a_missing_folder(cohort: Paths, tmp_path: Path) -> None:
    assert "no such folder" in refusal((tmp_path / "absent", cohort[1]), tmp_path / "raw")
    assert "does not exist" in refusal((cohort[0], tmp_path / "absent.csv"), tmp_path / "raw")


def test_a_centroid_outside_its_image(cohort: Paths, tmp_path: Path) -> None:
    edit(cohort[1], x=400.0)
    assert "case_0.nii.gz: T12 at LPS (400.0, " in refusal(cohort, tmp_path / "raw")


def test_a_wrong_column(cohort: Paths, tmp_path: Path) -> None:
    cohort[1].write_text(cohort[1].read_text(encoding="utf-8").replace("shape", "form"))
    assert "column 'form' is unknown" in refusal(cohort, tmp_path / "raw")


@pytest.mark.parametrize("kept", [0.99, 0.5, 0.01])
def test_a_truncated_image(cohort: Paths, tmp_path: Path, kept: float) -> None:
    path = cohort[0] / "case_2.nii.gz"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert refusal(cohort, tmp_path / "raw").startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda array: np.where(array == array[0, 0, 0], np.nan, array), "voxels are NaN"),
        (lambda array: array[:, :, 0], "2-D image"),
        (lambda array: np.stack([array, array], axis=-1), "4-D image"),
        (lambda array: array * 0, "all voxels are 0"),
        (lambda array: np.clip(array, -50, 2), "brightest voxel is 2"),
        (lambda array: np.clip(array, 0, 2), "values from 0 to 2, a mask of labels"),
        (lambda array: array * 1e30, "values from"),
    ],
)
def test_a_damaged_image(
    cohort: Paths, tmp_path: Path, volume: Volume, save: Save, damage: Callable[[np.ndarray], np.ndarray], words: str
) -> None:
    path = save(cohort[0] / "case_2.nii.gz", damage(volume.array.T.astype(np.float64)), volume.affine)
    problem = refusal(cohort, tmp_path / "raw")
    assert problem.startswith(f"{path}: ")
    assert words in problem


def test_padding_becomes_air_in_the_dataset_with_a_warning(
    cohort: Paths, tmp_path: Path, volume: Volume, save: Save
) -> None:
    voxels = volume.array.copy()
    voxels[:, :3] = -3024
    path = save(cohort[0] / "case_0.nii.gz", voxels.T, volume.affine)
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    written = np.asarray(read_volume(folder / "imagesTr" / "case_0_0000.nii.gz").array)
    np.testing.assert_array_equal(written, np.maximum(voxels, -1024))
    warnings = json.loads((folder / "conversion_report.json").read_text(encoding="utf-8"))["warnings"]
    said = f"{path}: {voxels[:, :3].size} voxels (7.5 %) below -1024 HU, down to -3024, set to -1024 HU (air)"
    assert warnings.count(said) == 1


def test_all_damaged_images_are_reported_at_once(cohort: Paths, tmp_path: Path, volume: Volume, save: Save) -> None:
    for name in ("case_1", "case_3"):
        save(cohort[0] / f"{name}.nii.gz", volume.array.T * 0, volume.affine)
    with pytest.raises(InputError) as caught:
        convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    assert [Path(problem.split(":")[0]).name for problem in caught.value.problems] == ["case_1.nii.gz", "case_3.nii.gz"]


def test_all_problems_come_in_one_report(cohort: Paths, tmp_path: Path, volume: Volume, save: Save) -> None:
    images, table = cohort
    edit(table, x=400.0)
    (images / "case_1.nii.gz").write_bytes(b"junk")
    save(images / "case_2.nii.gz", np.where(volume.array.T == 7, np.nan, volume.array.T), volume.affine)
    save(images / "case_4.nii.gz", numbered(volume, 3).T, volume.affine)
    with pytest.raises(InputError) as caught:
        convert(ConversionRequest(images, table), tmp_path / "raw", 7, "Test")
    found = [(Path(problem.split(":")[0]).name, problem) for problem in caught.value.problems]
    assert [name for name, _ in found] == [f"case_{number}.nii.gz" for number in (1, 0, 2, 4)]
    for (_, problem), words in zip(
        found, ("cannot be read", "T12 at LPS (400.0, ", "voxels are NaN", "the same voxels as"), strict=True
    ):
        assert words in problem
    assert not (tmp_path / "raw").exists()


def test_images_are_checked_although_the_annotations_are_bad(cohort: Paths, tmp_path: Path, save: Save) -> None:
    cohort[1].write_text(cohort[1].read_text(encoding="utf-8").replace("shape", "form"))
    save(cohort[0] / "case_2.nii.gz", np.zeros((9, 9, 9), dtype=np.int16))
    with pytest.raises(InputError) as caught:
        convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    assert [Path(problem.split(":")[0]).name for problem in caught.value.problems] == [
        "vertebrae.csv",
        "case_2.nii.gz",
    ]


def test_folds_without_their_negative_patients_are_refused(cohort: Paths, tmp_path: Path) -> None:
    rows = [replace(row, grade=0) for row in read_vertebra_table(cohort[1])]
    write_vertebra_table(cohort[1], rows)
    splits = SplitSettings(enough_negatives=5)
    problem = refusal(cohort, tmp_path / "raw", settings=ConversionSettings(splits=splits))
    assert problem == "5 patients without a fracture; expected 10 for 2 in each of 5 folds"


def test_a_folder_that_cannot_be_written(cohort: Paths, tmp_path: Path) -> None:
    (tmp_path / "raw").touch()
    assert "cannot be written" in refusal(cohort, tmp_path / "raw")


def test_uncompressed_images_are_fine(cohort: Paths, tmp_path: Path, volume: Volume, save: Save) -> None:
    (cohort[0] / "case_0.nii.gz").unlink()
    save(cohort[0] / "case_0.nii", volume.array.T, volume.affine)
    folder = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    np.testing.assert_array_equal(read_volume(folder / "imagesTr" / "case_0_0000.nii.gz").array, volume.array)


def test_vertebra_rows_need_no_order(cohort: Paths, tmp_path: Path, case: Callable[..., list[Vertebra]]) -> None:
    first = convert(ConversionRequest(*cohort), tmp_path / "raw", 7, "Test")
    write_vertebra_table(cohort[1], read_vertebra_table(cohort[1])[::-1])
    second = convert(ConversionRequest(*cohort), tmp_path / "again", 7, "Test")
    labels = [nib.load(folder / "labelsTr" / "case_1.nii.gz").dataobj for folder in (first, second)]
    np.testing.assert_array_equal(*labels)


def test_every_image_is_read_once(cohort: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking and writing share one reading, and the dataset is the same as without that."""
    reads: list[str] = []

    def count(path: Path, limits: Any = None) -> Volume:
        reads.append(path.name)
        return read_ct(path, limits)

    for module in ("checks.voxels", "dataset.cases"):
        monkeypatch.setattr(f"dataset_conversion.{module}.read_ct", count)
    once = convert(ConversionRequest(*cohort), tmp_path / "once", 7, "Test")
    assert sorted(reads) == [f"case_{number}.nii.gz" for number in range(5)]
    assert [path.name for path in (tmp_path / "once").iterdir()] == ["Dataset007_Test"]
    monkeypatch.setattr("dataset_conversion.dataset.cases.take_volume", lambda *_: None)
    twice = convert(ConversionRequest(*cohort), tmp_path / "twice", 7, "Test")
    assert len(reads) == 15
    for path in [*once.glob("*Tr/*"), once / "vertebrae.csv"]:
        assert path.read_bytes() == (twice / path.relative_to(once)).read_bytes()


def test_an_image_that_changes_while_it_is_read(cohort: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record would be of another file than the one that was converted."""
    image = cohort[0] / "case_3.nii.gz"

    def change(path: Path, limits: Any = None) -> Volume:
        volume = read_ct(path, limits)
        os.utime(image, ns=(1, 1))
        return volume

    monkeypatch.setattr("dataset_conversion.checks.voxels.read_ct", change)
    assert refusal(cohort, tmp_path / "raw") == f"{image}: changed while it was read; expected the same: convert again"


def test_an_export_is_converted_as_its_images(
    cohort: Paths,
    tmp_path: Path,
    volume: Volume,
    save_series: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A study for each patient, with a second reconstruction beside the CT; tags give the names of cases."""
    from_files = convert(ConversionRequest(*cohort), tmp_path / "files", 7, "Test")
    for number in range(5):
        ct = replace(volume, array=numbered(volume, number))

        def tag(_: int, header: Dataset, number: int = number) -> None:
            header.PatientID, header.StudyInstanceUID = f"case_{number}", f"1.2.{number}"
            header.ConvolutionKernel = "B70f" if header.SeriesInstanceUID.startswith("2.") else "B30f"

        folder = tmp_path / "export" / f"PAT{number}" / "SER1"
        save_series(folder, ct, tag, f"1.2.{number}.1")
        save_series(folder, replace(ct, array=ct.array // 2), tag, f"2.2.{number}.1")
    dicom = DicomSelection(case_id="{PatientID:plain}")
    from_dicom = convert(ConversionRequest(tmp_path / "export", cohort[1], dicom=dicom), tmp_path / "raw", 7, "Test")
    for name in ("imagesTr/case_3_0000.nii.gz", "labelsTr/case_3.nii.gz"):
        first, second = read_volume(from_files / name), read_volume(from_dicom / name)
        np.testing.assert_array_equal(first.array, second.array)
        np.testing.assert_allclose(first.affine, second.affine, atol=1e-4)
    assert "sharp kernel B70f, the chosen series soft kernel B30f" in caplog.text
    again = ConversionRequest(tmp_path / "export", cohort[1], dicom=DicomSelection(case_id="{PatientID}"))
    assert again.identity() != ConversionRequest(tmp_path / "export", cohort[1], dicom=dicom).identity()
