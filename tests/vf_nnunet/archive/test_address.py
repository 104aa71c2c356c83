"""Addresses of archives, and UIDs that become names of files."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.address import check_uid, is_uid, parse_archive_address, uid_problems


def test_a_path_is_no_address() -> None:
    assert parse_archive_address("cts/dicomweb") is None


def test_an_address() -> None:
    address = parse_archive_address("dicomweb:https://archive.example/dicom-web/")
    assert address is not None
    assert address.url == "https://archive.example/dicom-web"
    assert str(address) == "dicomweb:https://archive.example/dicom-web"


def test_an_address_without_a_service() -> None:
    with pytest.raises(InputError, match="archive: not a DICOMweb URL"):
        parse_archive_address("dicomweb:archive")


@settings(max_examples=50)
@given(st.text(alphabet="019./\\a\n", max_size=70))
def test_a_uid_is_a_file_name_in_its_folder(text: str) -> None:
    if is_uid(text):
        assert (Path("/folder") / text).resolve().parent == Path("/folder")
        assert len(text) <= 64


def test_problems() -> None:
    assert uid_problems(["1.2", "../1", "1..2"]) == [
        f"--study {uid}: not a UID; expected numbers and points, as in 1.2.840" for uid in ("../1", "1..2")
    ]
    assert check_uid("archive", "1.2") == "1.2"
    with pytest.raises(InputError, match=r"archive: answers with '\.\./1'"):
        check_uid("archive", "../1")
