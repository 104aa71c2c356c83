import json
from pathlib import Path

import pytest

from dataset_conversion.spine.files import atomic_path, write_csv, write_json, write_text


def test_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    write_text(path, "old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_temporary_name_keeps_the_suffixes(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "map.nii.gz") as temporary:
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
