from pathlib import Path

import pytest

from dataset_conversion.spine.replacing import replacing_file, replacing_folder


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_folder_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "raw" / "target"
    with replacing_folder(target) as folder:
        (folder / "file").touch()
        assert not target.exists()
    assert names(tmp_path) == ["raw", "raw/target", "raw/target/file"]


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    with pytest.raises(FileNotFoundError), replacing_folder(tmp_path / "target", [old]) as folder:
        (folder / "absent" / "file").touch()
    assert names(tmp_path) == ["old"]


def test_outdated_folders_and_earlier_leftovers_go(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for stale in (target, tmp_path / "other", tmp_path / ".target.tmp"):
        stale.mkdir()
        (stale / "stale").touch()
    with replacing_folder(target, [target, tmp_path / "other"]) as folder:
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
    with pytest.raises(KeyboardInterrupt), replacing_folder(target, [target]):
        pass
    assert names(tmp_path) == ["target", "target/kept"]


def test_what_a_killed_swap_left_is_cleared_away(tmp_path: Path) -> None:
    for stale in ("target", ".target.old"):
        (tmp_path / stale).mkdir()
        (tmp_path / stale / "stale").touch()
    with replacing_folder(tmp_path / "target", [tmp_path / "target"]):
        pass
    assert names(tmp_path) == ["target"]


def write_half(path: Path) -> None:
    path.write_text("half")
    raise ZeroDivisionError


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    with replacing_file(target) as temporary:
        temporary.write_text("first")
        assert not target.exists()
    with pytest.raises(ZeroDivisionError), replacing_file(target) as temporary:
        write_half(temporary)
    assert target.read_text(encoding="utf-8") == "first"
    assert list(tmp_path.iterdir()) == [target]
