import os
import shutil
from pathlib import Path

import pytest

from dataset_conversion.dataset.inputs import are_unchanged, find_inputs, record_inputs, write_inputs
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.file_records import digest_of_files


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path | None]:
    """Two images in subfolders and a table beside them."""
    images = tmp_path / "data" / "images"
    for name in ("a/one.nii.gz", "two.nii.gz"):
        (images / name).parent.mkdir(parents=True, exist_ok=True)
        (images / name).write_text(name)
    table = tmp_path / "data" / "table.csv"
    table.write_text("x,y\n1,2\n")
    return {"images": images, "annotations": table, "grades": None}


def record(folder: Path, sources: dict[str, Path | None]) -> dict[str, Path]:
    paths = find_inputs(sources, folder / "raw")
    write_inputs(folder, record_inputs(paths, 1))
    return paths


def test_files_are_named_by_role_and_place(sources: dict[str, Path | None], tmp_path: Path) -> None:
    assert list(find_inputs(sources, tmp_path / "raw")) == [
        "images/a/one.nii.gz",
        "images/two.nii.gz",
        "annotations/table.csv",
    ]


def test_outputs_and_hidden_files_are_no_input(sources: dict[str, Path | None], tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "raw").mkdir()
    (data / "raw" / "made.csv").touch()
    (data / ".hidden").touch()
    assert "annotations/table.csv" in find_inputs({"annotations": data}, data / "raw")
    assert not {"annotations/raw/made.csv", "annotations/.hidden"} & set(
        find_inputs({"annotations": data}, data / "raw")
    )


def test_files_behind_links_are_inputs_too(sources: dict[str, Path | None], tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "three.nii.gz").write_text("three")
    (tmp_path / "data" / "images" / "link").symlink_to(store)
    paths = record(tmp_path, sources)
    assert "images/link/three.nii.gz" in paths
    (store / "three.nii.gz").write_text("other")
    assert not are_unchanged(tmp_path, paths)


def test_nothing_changed(sources: dict[str, Path | None], tmp_path: Path) -> None:
    assert are_unchanged(tmp_path, record(tmp_path, sources))


def test_a_file_of_the_same_size_and_time_is_not_read(sources: dict[str, Path | None], tmp_path: Path) -> None:
    paths = record(tmp_path, sources)
    image = paths["images/two.nii.gz"]
    status = image.stat()
    image.write_text("TWO.nii.gz")
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert are_unchanged(tmp_path, paths)


def test_a_copy_has_other_times_and_the_same_content(sources: dict[str, Path | None], tmp_path: Path) -> None:
    paths = record(tmp_path, sources)
    before = record_inputs(paths, 1)
    os.utime(paths["images/two.nii.gz"], (1, 1))
    assert are_unchanged(tmp_path, paths)
    assert digest_of_files(record_inputs(paths, 1)) == digest_of_files(before)


@pytest.mark.parametrize("content", ["TWO.nii.gz", "two.nii.gz, longer"])
def test_other_content_is_a_change(sources: dict[str, Path | None], tmp_path: Path, content: str) -> None:
    paths = record(tmp_path, sources)
    before = record_inputs(paths, 1)
    paths["images/two.nii.gz"].write_text(content)
    os.utime(paths["images/two.nii.gz"], (1, 1))
    assert not are_unchanged(tmp_path, paths)
    assert digest_of_files(record_inputs(paths, 1)) != digest_of_files(before)


def test_a_file_more_or_less_is_a_change(sources: dict[str, Path | None], tmp_path: Path) -> None:
    paths = record(tmp_path, sources)
    assert not are_unchanged(tmp_path, {**paths, "images/three.nii.gz": paths["images/two.nii.gz"]})
    del paths["images/two.nii.gz"]
    assert not are_unchanged(tmp_path, paths)


@pytest.mark.parametrize("content", [None, "", "[]", '{"images/two.nii.gz": {"size": 1}}'])
def test_a_record_that_is_missing_or_broken_is_a_change(
    sources: dict[str, Path | None], tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "inputs.json").write_text(content)
    assert not are_unchanged(tmp_path, find_inputs(sources, tmp_path / "raw"))


def test_a_source_that_is_gone_is_a_change(sources: dict[str, Path | None], tmp_path: Path) -> None:
    record(tmp_path, sources)
    shutil.rmtree(tmp_path / "data")
    assert not are_unchanged(tmp_path, find_inputs(sources, tmp_path / "raw"))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv: cannot be read"):
        record_inputs({"annotations/absent.csv": tmp_path / "absent.csv"}, 1)
