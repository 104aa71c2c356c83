from pathlib import Path

import pytest

from dataset_conversion.errors import ConversionError
from dataset_conversion.readers import find_format, known_formats


def test_every_format_module_is_known() -> None:
    assert {"csv", "verse"} <= known_formats().keys()
    assert all(name == found.name for name, found in known_formats().items())


def test_the_format_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "vertebrae.CSV").touch()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a_seg-vb_ctd.json").touch()
    assert find_format(tmp_path / "vertebrae.CSV").name == "csv"
    assert find_format(tmp_path).name == "verse"
    assert find_format(tmp_path / "deep" / "a_seg-vb_ctd.json").name == "verse"


def test_the_format_can_be_named(tmp_path: Path) -> None:
    assert find_format(tmp_path, "csv").name == "csv"
    with pytest.raises(ConversionError, match="'lml' is unknown, wanted one of csv"):
        find_format(tmp_path, "lml")


def test_nothing_known_is_found(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="no known annotation format found, wanted one of csv"):
        find_format(tmp_path)
    with pytest.raises(ConversionError, match="does not exist"):
        find_format(tmp_path / "absent.csv")
