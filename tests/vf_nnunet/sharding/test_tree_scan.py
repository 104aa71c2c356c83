"""The search of a folder tree finds what `predict` finds, and continues where it was killed."""

import json
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.folder_walk import FolderWalk
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


def test_the_cases_of_predict(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tmp_path / "cts.csv"
    cases = make_manifest(tree, manifest)
    assert {one.case: Path(one.path) for one in cases} == find_cases(tree).paths
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
    assert {one.case: Path(one.path) for one in cases} == find_cases(tree).paths
    assert not notes.exists()


def test_notes_of_another_folder_are_left(tree: Path, tmp_path: Path) -> None:
    notes = tmp_path / ".cts.csv.search"
    image = ["/elsewhere/z.nii.gz", "z", 1, 1, None]
    lines = [{"root": "/elsewhere"}, {"folder": f"{tree}", "images": [image], "passed_over": {}}]
    notes.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert "z" not in {one.case for one in make_manifest(tree, tmp_path / "cts.csv")}


def test_nothing_to_find(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no image found"):
        make_manifest(tmp_path / "empty", tmp_path / "cts.csv")
    with pytest.raises(InputError, match="no such folder"):
        make_manifest(tmp_path / "none", tmp_path / "cts.csv")
