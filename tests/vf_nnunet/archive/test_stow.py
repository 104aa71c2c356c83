"""What a DICOMweb service says to an object, and what is wrong with a service."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.vf_nnunet.archive.stub_service import Reply, StubService, accepted, refused, stub_service
from vf_nnunet.archive.attempts import ArchiveError, Unreachable
from vf_nnunet.archive.destination import Answer
from vf_nnunet.archive.objects import DicomObject
from vf_nnunet.archive.settings import ConnectionSettings
from vf_nnunet.archive.stow import DicomWebDestination

SHORT = ConnectionSettings(timeout=2.0)


def send(item: DicomObject, *replies: Reply) -> Answer:
    with stub_service(*replies) as service:
        return DicomWebDestination(service.url, SHORT).send(item)


def test_accepted(items: list[DicomObject]) -> None:
    assert send(items[0], accepted(items[0].sop_instance)) == Answer(True)
    changed = send(items[0], accepted(items[0].sop_instance, warning=0xB000))
    assert changed == Answer(True, "changed by the archive (0xB000)")


@pytest.mark.parametrize("state", [200, 202, 409])
def test_refused(items: list[DicomObject], state: int) -> None:
    answer = send(items[0], refused(items[0].sop_instance, 0x0122, state))
    assert answer == Answer(False, "kind of object (SOP class) not supported (0x0122)")


@pytest.mark.parametrize(
    "reply",
    [accepted("1.2.3"), Reply(200, {}), Reply(200, [], "application/json"), Reply(200, b"<html>", "text/html")],
    ids=["another", "empty", "list", "page"],
)
def test_an_answer_that_does_not_name_the_object_is_no_confirmation(items: list[DicomObject], reply: Reply) -> None:
    assert send(items[0], reply) == Answer(False, "not confirmed by the archive")


@pytest.mark.parametrize("state", [400, 413, 415, 500])
def test_a_state_about_the_object(items: list[DicomObject], state: int) -> None:
    answer = send(items[0], Reply(state, b"error", "text/html"))
    assert not answer.accepted
    assert answer.remark.startswith(f"{state} ")


@pytest.mark.parametrize("state", [408, 429, 502, 503, 504, 507, None])
def test_what_can_pass(items: list[DicomObject], state: int | None) -> None:
    with pytest.raises(Unreachable):
        send(items[0], Reply(state, b""))
    with pytest.raises(Unreachable, match=r"out of resources \(0xA700\)"):
        send(items[0], refused(items[0].sop_instance, 0xA700))


@pytest.mark.parametrize(
    ("state", "expected"), [(401, "credentials"), (403, "credentials"), (404, "DICOMweb service"), (405, "service")]
)
def test_what_concerns_all_objects(items: list[DicomObject], state: int, expected: str) -> None:
    with pytest.raises(ArchiveError, match=expected):
        send(items[0], Reply(state, b"", "text/html"))


def test_not_authorised_to_store(items: list[DicomObject]) -> None:
    with pytest.raises(ArchiveError, match="an account that may store"):
        send(items[0], refused(items[0].sop_instance, 0x0124))


def secured(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that nobody trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", *request, *files, *name], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def https(service: StubService) -> str:
    return service.url.replace("http:", "https:")


def test_an_unknown_certificate(items: list[DicomObject], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = secured(tmp_path)
    with stub_service(accepted(items[0].sop_instance), wrap=lambda one: context.wrap_socket(one, True)) as service:
        with pytest.raises(ArchiveError, match=r"TLS: .*certificate verify failed.*REQUESTS_CA_BUNDLE"):
            DicomWebDestination(https(service), SHORT).send(items[0])
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        assert DicomWebDestination(https(service), SHORT).send(items[0]).accepted


def test_https_where_there_is_none(items: list[DicomObject]) -> None:
    with stub_service(Reply()) as service, pytest.raises(ArchiveError, match="speaks no TLS"):
        DicomWebDestination(https(service), SHORT).send(items[0])


def test_nobody_there(items: list[DicomObject]) -> None:
    with pytest.raises(Unreachable, match=r"127.0.0.1:9/x: no answer \(.*Connection refused\)"):
        DicomWebDestination("http://127.0.0.1:9/x", SHORT).send(items[0])
