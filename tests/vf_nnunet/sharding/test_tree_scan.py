"""The search of a folder tree finds what `predict` finds, and continues where it was killed."""

import json
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import DicomSeries
from dataset_conversion.spine.records.folder_walk import FolderWalk
from tests.dataset_conversion.images.studies.exports import other_object, slices, write
from tests.vf_nnunet.screening.conftest import save_dicom
from vf_nnunet.screening.sources import find_cases
from vf_nnunet.sharding import tree_scan
from vf_nnunet.sharding.manifest import read_manifest
from vf_nnunet.sharding.tree_scan import make_manifest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files in folders, one name in two of them, a series of slices, a mask and a text."""
    root = tmp_path / "tree"
    for name in ("a/ct.nii.gz", "b/ct.nii.gz", "c/x.mha", "d/x.nii.gz", "top.nrrd", "a/a_seg.nii.gz", "notes.txt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    save_dicom(root / "series", np.zeros((3, 8, 8), np.int16))
    return root


def places(root: Path) -> dict[str, Path]:
    """Where the CTs are that `predict` finds."""
    found = find_cases(root).paths
    return {case: ct.folder if isinstance(ct, DicomSeries) else ct for case, ct in found.items()}


def test_the_cases_of_predict(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tmp_path / "cts.csv"
    cases = make_manifest(tree, manifest)
    assert {one.case: Path(one.path) for one in cases} == places(tree)
    assert read_manifest(manifest) == cases
    sizes = {one.case: one.size for one in cases}
    assert sizes["top"] == len("top.nrrd")
    assert sizes["series"] == sum(path.stat().st_size for path in (tree / "series").iterdir())
    said = capsys.readouterr().err
    assert "passed over (named as a mask): a/a_seg.nii.gz" in said
    assert "passed over (not an image): notes.txt" in said
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_it_continues_where_it_was_killed(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest, notes = tmp_path / "cts.csv", tmp_path / ".cts.csv.search"
    searched: list[str] = []
    search = tree_scan._search

    def search_three(walk: FolderWalk, *others: object) -> dict[str, object]:
        if len(searched) == 3:
            raise KeyboardInterrupt
        searched.append(walk.folders[0].name)
        return search(walk, *others)  # type: ignore[arg-type]

    def search_noted(walk: FolderWalk, *others: object) -> dict[str, object]:
        searched.append(walk.folders[0].name)
        return search(walk, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(tree_scan, "_search", search_three)
    with pytest.raises(KeyboardInterrupt):
        make_manifest(tree, manifest)
    assert not manifest.exists()
    # The last line is cut off, and one of the searched folders gets another CT.
    notes.write_text(notes.read_text(encoding="utf-8") + '{"folder": "/x', encoding="utf-8")
    first = list(searched)
    (tree / first[-1] / "new.nii.gz").write_text("new")
    searched.clear()
    monkeypatch.setattr(tree_scan, "_search", search_noted)
    cases = make_manifest(tree, manifest)
    assert set(searched).isdisjoint(first[:-1])
    assert first[-1] in searched
    assert {one.case: Path(one.path) for one in cases} == places(tree)
    assert not notes.exists()


def test_notes_of_another_folder_are_left(tree: Path, tmp_path: Path) -> None:
    notes = tmp_path / ".cts.csv.search"
    image = ["/elsewhere/z.nii.gz", "z", 1, 1, ""]
    lines = [{"root": "/elsewhere"}, {"folder": f"{tree}", "images": [image], "passed_over": {}, "problems": []}]
    notes.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert "z" not in {one.case for one in make_manifest(tree, tmp_path / "cts.csv")}


def test_nothing_to_find(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no image found"):
        make_manifest(tmp_path / "empty", tmp_path / "cts.csv")
    with pytest.raises(InputError, match="no such folder"):
        make_manifest(tmp_path / "none", tmp_path / "cts.csv")


def test_one_ct_of_each_dicom_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "export"
    write(root / "long", slices("1.2.5", 24))
    write(root / "short", slices("1.2.6", 12))
    other_object(root / "long", "dose", "1.2.840.10008.5.1.4.1.1.88.67", "SR")
    (root / "DICOMDIR").write_text("index")
    assert [one.case for one in make_manifest(root, tmp_path / "cts.csv")] == ["long"] == [*places(root)]
    said = capsys.readouterr().err
    assert "short" in said
    assert "dose" in said


def test_what_a_row_cannot_name(tmp_path: Path) -> None:
    root = tmp_path / "export"
    flat = write(root / "flat", slices("1.2.5", StudyInstanceUID="1.2.30"), "A")
    write(flat, slices("1.2.6", StudyInstanceUID="1.2.31"), "B")
    made = slices("1.2.7", 24)
    write(root / "first", made[::2])
    write(root / "second", made[1::2])
    with pytest.raises(InputError) as caught:
        make_manifest(root, tmp_path / "cts.csv")
    assert [line.partition(": ")[2].partition(";")[0] for line in caught.value.problems] == [
        "CTs of 2 studies",
        "slices of one CT in several folders",
    ]
    assert not (tmp_path / "cts.csv").exists()
