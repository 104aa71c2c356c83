import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pytest

from dataset_conversion.images.pairing import list_archive, list_images
from dataset_conversion.images.registry import read_image
from dataset_conversion.images.studies import archives
from dataset_conversion.images.studies.archives import unpack
from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.images.studies.exports import slices, write


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(tmp_path / "source" / "series", slices("1.2.10"))


def zipped(path: Path, folder: Path, change: Callable[[ZipFile], None] = lambda opened: None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w", ZIP_DEFLATED) as opened:
        for file in sorted(folder.rglob("*")):
            opened.write(file, file.relative_to(folder.parent))
        opened.writestr("readme.txt", "x" * 500)
        change(opened)
    return path


def test_an_archive_is_read_as_its_folder(tmp_path: Path, export: Path) -> None:
    (folder,) = list_images(export.parent).case_ids
    found = list_images(zipped(tmp_path / "in" / "export.zip", export).parent)
    ((source, case),) = found.case_ids.items()
    assert (case, str(source)) == ("series", str(tmp_path / "in" / "export.zip" / "series"))
    np.testing.assert_array_equal(read_image(source)[1], read_image(folder)[1])
    assert found.passed_over == ()
    assert list(list_archive(tmp_path / "in" / "export.zip").case_ids.values()) == ["series"]


def test_slices_at_the_top_are_named_after_the_archive(tmp_path: Path, export: Path) -> None:
    with ZipFile(tmp_path / "Case 7.zip", "w") as opened:
        for file in export.iterdir():
            opened.write(file, file.name)
    assert list(list_archive(tmp_path / "Case 7.zip").case_ids.values()) == ["Case 7"]


@pytest.mark.parametrize("name", ["../outside.dcm", "/etc/outside.dcm", "C:\\outside.dcm", "a/../../outside.dcm"])
def test_names_that_lead_out_are_refused(tmp_path: Path, export: Path, name: str) -> None:
    path = zipped(tmp_path / "a.zip", export, lambda opened: opened.writestr(name, b"x"))
    with pytest.raises(InputError, match="expected names inside the archive"):
        unpack(path)
    assert not list(tmp_path.rglob("outside*"))


def test_links_are_not_followed(tmp_path: Path, export: Path) -> None:
    def link(opened: ZipFile) -> None:
        info = ZipInfo("series/link.dcm")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(info, "/etc/passwd")

    folder = unpack(zipped(tmp_path / "a.zip", export, link))
    assert folder is not None
    assert not list(folder.rglob("link.dcm"))


def test_an_archive_that_would_fill_the_disk(tmp_path: Path, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", export)
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="bytes unpacked; expected at most 200000 and 1000"):
        unpack(path)
    monkeypatch.undo()
    monkeypatch.setattr(archives, "LEAST_FREE", 10**18)
    with pytest.raises(InputError, match="bytes unpacked; expected at most the 0 bytes that"):
        unpack(path)


def test_a_member_larger_than_it_says(tmp_path: Path) -> None:
    """A bomb: the stated size is small, the stream is not. Nothing beyond the stated size is written."""
    path = tmp_path / "a.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as opened:
        opened.writestr("a.dcm", bytes(100_000))
    content = bytearray(path.read_bytes())
    size = (100_000).to_bytes(4, "little")
    while (place := content.find(size)) >= 0:
        content[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InputError, match="a broken archive"):
        unpack(path)


def test_a_broken_archive_does_not_stop_the_others(tmp_path: Path, export: Path) -> None:
    folder = tmp_path / "in"
    whole = zipped(folder / "a.zip", export).read_bytes()
    (folder / "cut.zip").write_bytes(whole[: len(whole) // 2])
    damaged = bytearray(whole)
    damaged[len(whole) // 3] ^= 255
    (folder / "damaged.zip").write_bytes(damaged)
    zipped(folder / "empty.zip", tmp_path / "nothing")
    found = list_images(folder)
    assert list(found.case_ids.values()) == ["series"]
    reasons = {item.path.name: item.reason for item in found.passed_over}
    assert reasons.keys() == {"cut.zip", "damaged.zip", "empty.zip"}
    assert reasons["empty.zip"] == "an archive without DICOM"
    assert all("a broken archive" in reasons[name] for name in ("cut.zip", "damaged.zip"))


def test_an_encrypted_archive(tmp_path: Path, export: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", export).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(signature, place + 4)
    (tmp_path / "a.zip").write_bytes(content)
    assert zipfile.is_zipfile(tmp_path / "a.zip")
    with pytest.raises(InputError, match="encrypted archive; expected one without a password"):
        unpack(tmp_path / "a.zip")
