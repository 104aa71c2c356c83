import json
from pathlib import Path

import pytest

from dataset_conversion.spine.files import atomic_file, atomic_folder, write_csv, write_json, write_text


def test_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    write_text(path, "old")

    def fail() -> None:
        with atomic_file(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_temporary_name_keeps_the_suffixes(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "map.nii.gz") as temporary:
        assert temporary.name.endswith(".nii.gz")
        temporary.touch()
    assert (tmp_path / "map.nii.gz").exists()


def test_csv_has_a_header_and_empty_cells_for_none(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ["a", "b"], [[1, None], ["x", 2.5]])
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines() == ["a,b", "1,", "x,2.5"]


def test_json_is_text_that_can_be_read(tmp_path: Path) -> None:
    content = {"note": "Ärzte, 6.2 ± 16.2 mm"}
    write_json(tmp_path / "summary.json", content)
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert "Ärzte, 6.2 ± 16.2 mm" in text
    assert json.loads(text) == content


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_folder_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "raw" / "target"
    with atomic_folder(target) as folder:
        (folder / "file").touch()
        assert not target.exists()
    assert names(tmp_path) == ["raw", "raw/target", "raw/target/file"]


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    with pytest.raises(FileNotFoundError), atomic_folder(tmp_path / "target", [old]) as folder:
        (folder / "absent" / "file").touch()
    assert names(tmp_path) == ["old"]


def test_outdated_folders_and_earlier_leftovers_go(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for stale in (target, tmp_path / "other", tmp_path / ".target.tmp"):
        stale.mkdir()
        (stale / "stale").touch()
    with atomic_folder(target, [target, tmp_path / "other"]) as folder:
        (folder / "file").touch()
    assert names(tmp_path) == ["target", "target/file"]


def test_a_failed_swap_brings_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "kept").touch()
    rename = Path.rename

    def fail(self: Path, new: Path) -> Path:
        if self.name.endswith(".tmp"):
            raise KeyboardInterrupt
        return rename(self, new)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(KeyboardInterrupt), atomic_folder(target, [target]):
        pass
    assert names(tmp_path) == ["target", "target/kept"]


def test_leftovers_of_a_killed_swap_are_removed(tmp_path: Path) -> None:
    for stale in ("target", ".target.old"):
        (tmp_path / stale).mkdir()
        (tmp_path / stale / "stale").touch()
    with atomic_folder(tmp_path / "target", [tmp_path / "target"]):
        pass
    assert names(tmp_path) == ["target"]
