"""All checks of an input come in one report: headers, centroids, grades, voxels and folds."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.checks.voxels import check_images
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.dataset.splits import SplitSettings
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume
from dataset_conversion.input_checks import check_input
from dataset_conversion.spine.bone.hounsfield import HounsfieldRange
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table, write_vertebra_table
from tests.dataset_conversion.spine import model_spine

Paths = tuple[Path, Path]
Save = Callable[..., Path]
CASES = [f"case_{number}" for number in range(5)]


def edit(table: Path, row: int, **changes: Any) -> None:
    rows = read_vertebra_table(table)
    rows[row] = replace(rows[row], **changes)
    write_vertebra_table(table, rows)


def refusals(request: ConversionRequest, processes: int = 1) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        check_input(request, processes)
    return caught.value.problems


def test_good_input_gives_cohort_and_folds(cohort: Paths) -> None:
    checked = check_input(ConversionRequest(*cohort), 1)
    assert list(checked.cohort.images) == CASES
    assert list(checked.cohort.vertebrae) == read_vertebra_table(cohort[1])
    assert sorted(case for fold in checked.folds.splits for case in fold["val"]) == CASES
    assert checked.warnings == ("0 patients without a fracture; expected 2 in each of 5 folds",)


def test_warnings_of_all_checks_are_passed_on_in_order(cohort: Paths, volume: Volume, save: Save) -> None:
    images, table = cohort
    save(images / "other.nii.gz", volume.array.T, volume.affine)
    edit(table, 0, grade=None)
    edit(table, 3, z=-200.0, y=45.0)
    settings = ConversionSettings(spacing=SpacingLimits(longest=1.1))
    warnings = check_input(ConversionRequest(images, table, settings=settings), 1).warnings
    assert [warning.split(":")[0] for warning in warnings] == [
        "case other",
        "case case_1",
        "case case_0",
        "0 patients without a fracture; expected 2 in each of 5 folds",
    ]


def test_headers_centroids_and_voxels_are_reported_at_once(cohort: Paths, volume: Volume, save: Save) -> None:
    images, table = cohort
    edit(table, 0, x=400.0)
    (images / "case_1.nii.gz").write_bytes(b"junk")
    save(images / "case_2.nii.gz", volume.array.T * 0, volume.affine)
    problems = refusals(ConversionRequest(images, table))
    assert [Path(problem.split(": ")[0]).name for problem in problems] == [
        "case_1.nii.gz",
        "case_0.nii.gz",
        "case_2.nii.gz",
    ]


def test_voxels_are_checked_although_the_annotations_cannot_be_read(cohort: Paths, volume: Volume, save: Save) -> None:
    images, table = cohort
    table.write_text("nothing\n")
    save(images / "case_2.nii.gz", volume.array.T * 0, volume.affine)
    first, second = refusals(ConversionRequest(images, table))
    assert first.startswith(f"{table}: column 'case_id' is missing")
    assert second == f"{images / 'case_2.nii.gz'}: all voxels are 0; expected a CT with contrast"


def test_voxels_and_folds_are_reported_at_once(cohort: Paths, volume: Volume, save: Save) -> None:
    images, table = cohort
    write_vertebra_table(table, [replace(row, grade=0) for row in read_vertebra_table(table)])
    save(images / "case_2.nii.gz", volume.array.T * 0, volume.affine)
    settings = ConversionSettings(splits=SplitSettings(enough_negatives=5))
    assert refusals(ConversionRequest(images, table, settings=settings)) == (
        f"{images / 'case_2.nii.gz'}: all voxels are 0; expected a CT with contrast",
        "5 patients without a fracture; expected 10 for 2 in each of 5 folds",
    )


def test_the_limits_of_the_settings_are_used(cohort: Paths) -> None:
    settings = ConversionSettings(hounsfield=HounsfieldRange(least_maximum=3000.0))
    problems = refusals(ConversionRequest(*cohort, settings=settings))
    assert len(problems) == len(CASES)
    assert all("expected bone of 3000 HU or more" in problem for problem in problems)


def test_the_same_ct_of_two_patients_is_refused_and_of_one_a_warning(cohort: Paths, volume: Volume, save: Save) -> None:
    images, table = cohort
    for name in ("case_3", "case_4"):
        save(images / f"{name}.nii.gz", volume.array.T, volume.affine)
    (problem,) = refusals(ConversionRequest(images, table))
    assert problem.endswith("of patients case_4 and case_3; expected each CT once")
    rows = read_vertebra_table(table)
    write_vertebra_table(
        table, [replace(row, patient_id="p") if row.case_id in ("case_3", "case_4") else row for row in rows]
    )
    assert any("both of patient p" in warning for warning in check_input(ConversionRequest(images, table), 1).warnings)


def test_two_processes_find_the_same_problems(cohort: Paths, volume: Volume, save: Save) -> None:
    images, table = cohort
    for name in ("case_1", "case_3"):
        save(images / f"{name}.nii.gz", volume.array.T * 0, volume.affine)
    request = ConversionRequest(images, table)
    assert refusals(request, processes=2) == refusals(request, processes=1)


@pytest.mark.parametrize("x", [5.0, 400.0])
def test_each_header_is_read_once_and_each_image_checked_once(
    cohort: Paths, monkeypatch: pytest.MonkeyPatch, x: float
) -> None:
    """Also when the centroids are bad."""
    edit(cohort[1], 0, x=x)
    headers, checked = [], []

    def counting_read(path: Path) -> Any:
        headers.append(path.name)
        return read_image_header(path)

    def counting_check(images: Any, *rest: Any) -> Any:
        checked.extend(images)
        return check_images(images, *rest)

    monkeypatch.setattr("dataset_conversion.checks.cohort.read_image_header", counting_read)
    monkeypatch.setattr("dataset_conversion.input_checks.check_images", counting_check)
    try:
        check_input(ConversionRequest(*cohort), 1)
    except InputError:
        assert x > 5.0
    assert headers == [f"{case}.nii.gz" for case in CASES]
    assert checked == CASES


def test_a_missing_folder_is_one_problem(cohort: Paths, tmp_path: Path) -> None:
    (problem,) = refusals(ConversionRequest(tmp_path / "absent", cohort[1]))
    assert problem == f"{tmp_path / 'absent'}: no such folder; expected the folder with the CT images"


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1)], ids=["LPS", "RAS"])
@pytest.mark.parametrize("name", ["csv", "csv-ras"])
def test_a_table_in_another_space_is_refused_though_every_centroid_is_inside(
    tmp_path: Path, save: Save, signs: tuple[int, int, int], name: str
) -> None:
    save(tmp_path / "images" / "a.nii.gz", model_spine.draw().T, model_spine.affine())
    levels, points = model_spine.LEVELS, model_spine.CENTROIDS
    rows = [
        Vertebra("a", "a", level, x * signs[0], y * signs[1], z * signs[2], 1)
        for level, (x, y, z) in zip(levels, points, strict=True)
    ]
    write_vertebra_table(tmp_path / "table.csv", rows)
    request = ConversionRequest(tmp_path / "images", tmp_path / "table.csv", annotation_format=name)
    right = "csv" if signs == (1, 1, 1) else "csv-ras"
    if name == right:
        assert not any("vertebral body" in warning for warning in check_input(request, 1).warnings)
        return
    (problem,) = refusals(request)
    assert problem == (
        f"{tmp_path / 'table.csv'}: 0 of 5 centroids in 1 case (a) lie in a vertebral body, judged by the HU around "
        f"them (no bone nearby), but 5 as format {right}; expected bodies: choose --format {right}"
    )


def test_a_grade_without_a_vertebra_is_a_warning_where_it_has_a_class(cohort: Paths) -> None:
    images, table = cohort
    request = ConversionRequest(images, table)
    found = {row.grade for row in read_vertebra_table(table)}
    missing = [f"no vertebra has grade {grade}, so the network" for grade in range(4) if grade not in found]
    assert missing
    graded = replace(request, settings=ConversionSettings(classes="grades"))
    warnings = check_input(graded, processes=1).warnings
    assert [warning[: len(missing[0])] for warning in warnings if "no vertebra has grade" in warning] == missing
    assert not any("no vertebra has grade" in warning for warning in check_input(request, processes=1).warnings)
