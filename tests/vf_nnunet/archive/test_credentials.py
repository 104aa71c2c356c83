"""Credentials come from the environment or netrc, and are not shown."""

from pathlib import Path

import pytest
import requests

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.archive.stub_service import Reply, stub_service
from vf_nnunet.archive.credentials import PASSWORD, TOKEN, USER, add_credentials, check_url
from vf_nnunet.archive.dicomweb import open_dicomweb
from vf_nnunet.archive.packages import check_installed


@pytest.mark.parametrize("url", ["https://archive.example/dicom-web", "http://127.0.0.1:8042/dicom-web/"])
def test_urls(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    ["archive.example", "ftp://archive.example", "https://", "https:///dicom-web", "http://a:port/", "http://[::1"],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(InputError, match="not a DICOMweb URL"):
        check_url(url)


@pytest.mark.parametrize("url", ["https://me:secret@archive.example/", "http://secret@host/a", "x://secret@:port"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError) as caught:
        check_url(url)
    assert "secret" not in str(caught.value)
    assert PASSWORD in str(caught.value)


def header_of(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str | None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with stub_service(Reply(200, [])) as service:
        open_dicomweb(service.url).search_for_studies()
        return service.headers[0].get("Authorization")


def test_user_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    found = header_of(monkeypatch, **{USER: "reader", PASSWORD: "ключ"})
    assert found == requests.auth._basic_auth_str(b"reader", "ключ".encode())


def test_token_before_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    assert header_of(monkeypatch, **{TOKEN: "abc", "NETRC": str(tmp_path / "netrc")}) == "Bearer abc"


def test_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    assert header_of(monkeypatch, NETRC=str(tmp_path / "netrc")) == requests.auth._basic_auth_str("a", "b")


def test_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert header_of(monkeypatch) is None


@pytest.mark.parametrize(("given", "missing"), [(USER, PASSWORD), (PASSWORD, USER)])
def test_half_of_them(given: str, missing: str) -> None:
    with pytest.raises(InputError, match=f"{missing}: not set"):
        add_credentials(requests.Session(), {given: "x"})


def test_a_password_over_http_is_warned_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(TOKEN, "secret")
    open_dicomweb("http://archive.example/dicom-web")
    error = capsys.readouterr().err
    assert "unencrypted" in error
    assert "secret" not in error
    open_dicomweb("https://archive.example/dicom-web")
    open_dicomweb("http://127.0.0.1/dicom-web")
    assert not capsys.readouterr().err


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vf_nnunet.archive.packages.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'pynetdicom: not installed; run pip install "vf_nnunet\[dicom\]"'):
        check_installed("pynetdicom")
