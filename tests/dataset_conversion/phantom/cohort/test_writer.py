"""A cohort on disk: the same with any number of processes, resumable, never mixed with another."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from dataset_conversion.images.volume import read_volume
from dataset_conversion.phantom import PhantomSettings, write_cohort
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.spine.bone.hounsfield import check_hounsfield
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import read_vertebra_table


def contents(folder: Path) -> dict[str, bytes]:
    """Voxels of the volumes and bytes of the other files, by relative path."""
    return {
        str(path.relative_to(folder)): nib.load(path).dataobj.get_unscaled().tobytes()
        if path.suffix == ".gz"
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory, small: PhantomSettings) -> Callable[[int], Path]:
    """Give a cohort of so many cases, written once and only to be read."""

    @cache
    def write(cases: int) -> Path:
        return write_cohort(tmp_path_factory.mktemp("clean") / "cohort", cases, 5, small)

    return write


@pytest.fixture
def folder(tmp_path: Path, clean: Callable[[int], Path]) -> Path:
    """A cohort of two cases."""
    return Path(shutil.copytree(clean(2), tmp_path / "cohort"))


def test_one_process_and_two_write_the_same_cases(
    tmp_path: Path, clean: Callable[[int], Path], small: PhantomSettings
) -> None:
    one = contents(clean(3))
    two = contents(write_cohort(tmp_path / "two", 3, 5, small, processes=2))
    assert one == two
    assert sorted(one) == [
        "cohort.json",
        *(f"images/phantom_00{case}.nii.gz" for case in range(3)),
        *(f"masks/phantom_00{case}.nii.gz" for case in range(3)),
        "vertebrae.csv",
    ]
    for kind, alone in zip(("images", "masks"), render_case(plan_case(5, 2, small), small), strict=True):
        np.testing.assert_array_equal(read_volume(tmp_path / "two" / kind / "phantom_002.nii.gz").array, alone.array)


def test_the_table_matches_the_volumes(folder: Path) -> None:
    rows = read_vertebra_table(folder / "vertebrae.csv")
    assert {row.case_id for row in rows} == {"phantom_000", "phantom_001"}
    for case_id in ("phantom_000", "phantom_001"):
        image, mask = (read_volume(folder / kind / f"{case_id}.nii.gz") for kind in ("images", "masks"))
        assert check_hounsfield(image.array) == []
        assert nib.load(folder / "images" / f"{case_id}.nii.gz").get_data_dtype() == np.int16
        assert nib.load(folder / "masks" / f"{case_id}.nii.gz").get_data_dtype() == np.uint8
        centroids = np.array([row.centroid for row in rows if row.case_id == case_id])
        for volume in (image, mask):
            index = np.rint(volume.world_to_index(centroids)).astype(int)
            assert np.all((index >= 0) & (index < volume.array.shape))
        assert mask.array[tuple(index.T)].tolist() == list(range(1, len(centroids) + 1))


def test_a_cohort_grows_and_keeps_what_it_has(
    folder: Path, clean: Callable[[int], Path], small: PhantomSettings
) -> None:
    image = folder / "images" / "phantom_000.nii.gz"
    before = image.stat().st_mtime_ns
    write_cohort(folder, 3, 5, small)
    assert image.stat().st_mtime_ns == before
    assert contents(folder) == contents(clean(3))


@pytest.mark.parametrize("lost", ["images", "masks"])
def test_an_incomplete_case_is_written_again(folder: Path, small: PhantomSettings, lost: str) -> None:
    whole = contents(folder)
    (folder / lost / "phantom_001.nii.gz").unlink()
    (folder / "vertebrae.csv").unlink()
    write_cohort(folder, 2, 5, small)
    assert contents(folder) == whole


@pytest.mark.parametrize("stage", ["cohort.json", "masks", "images", "vertebrae.csv"])
def test_a_cohort_is_resumed_after_any_interruption(
    tmp_path: Path,
    clean: Callable[[int], Path],
    small: PhantomSettings,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
) -> None:
    def fail(source: Path, target: Path) -> None:
        if stage in str(target):
            raise KeyboardInterrupt
        source.rename(target)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
        with pytest.raises(KeyboardInterrupt):
            write_cohort(tmp_path / "cohort", 1, 5, small)
    again = contents(write_cohort(tmp_path / "cohort", 1, 5, small))
    assert again == contents(clean(1))


def test_another_seed_or_other_settings_are_refused(folder: Path, small: PhantomSettings) -> None:
    before = contents(folder)
    with pytest.raises(InputError, match=r"cohort\.json: describes another cohort; expected seed 6"):
        write_cohort(folder, 1, 6, small)
    other = replace(small, shape=replace(small.shape, node_chance=0.5))
    with pytest.raises(InputError, match="describes another cohort"):
        write_cohort(folder, 1, 5, other)
    assert contents(folder) == before


def test_fewer_cases_than_exist_are_refused(folder: Path, small: PhantomSettings) -> None:
    with pytest.raises(InputError, match="holds 2 cases; expected at most 1, the number requested"):
        write_cohort(folder, 1, 5, small)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, small: PhantomSettings) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files that are no phantom cohort"):
        write_cohort(tmp_path, 1, 5, small)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_all_bad_arguments_are_named_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_cohort(tmp_path / "cohort", 0, -1, processes=0)
    assert list(caught.value.problems) == [
        "phantom cohort: cases is 0; expected 1 or more",
        "phantom cohort: seed is -1; expected 0 or more",
        "phantom cohort: processes is 0; expected 1 or more",
    ]
    assert not (tmp_path / "cohort").exists()
