"""Objects sent by C-STORE over TLS to a node of pynetdicom."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from pydicom.uid import EnhancedSRStorage
from pynetdicom import AE, evt

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.attempts import ArchiveError, Unreachable
from vf_nnunet.archive.cstore import DicomDestination
from vf_nnunet.archive.destination import Answer
from vf_nnunet.archive.encryption import TlsFiles, handshake_problem, tls_context
from vf_nnunet.archive.objects import DicomObject
from vf_nnunet.archive.settings import ConnectionSettings

SHORT = ConnectionSettings(timeout=5.0)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return tmp_path / "authority.pem"


@contextmanager
def node(
    authority: trustme.CA, name: str = "127.0.0.1", asks_for_ours: bool = False, encrypted: bool = True
) -> Iterator[tuple[str, int]]:
    """A node that accepts all, with a certificate of this name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    if asks_for_ours:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    archive = AE(ae_title="ARCHIVE")
    archive.add_supported_context(EnhancedSRStorage)
    handlers = [(evt.EVT_C_STORE, lambda _: 0)]
    server = archive.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=handlers, ssl_context=context if encrypted else None
    )
    try:
        yield "127.0.0.1", server.server_address[1]
    finally:
        server.shutdown()


def send(address: tuple[str, int], items: list[DicomObject], files: TlsFiles) -> Answer:
    destination = DicomDestination(address, "ARCHIVE", "VF_NNUNET", items, SHORT, tls_context(files))
    try:
        return destination.send(items[0])
    finally:
        destination.close()


def test_an_encrypted_connection(authority: trustme.CA, authority_file: Path, items: list[DicomObject]) -> None:
    with node(authority) as address:
        assert send(address, items, TlsFiles(authority_file)) == Answer(True)
        assert handshake_problem(address, tls_context(TlsFiles(authority_file)), 5.0) == ""


def test_a_certificate_of_ours(
    authority: trustme.CA, authority_file: Path, items: list[DicomObject], tmp_path: Path
) -> None:
    ours = authority.issue_cert("reader.example")
    ours.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    with node(authority, asks_for_ours=True) as address:
        for files in (
            TlsFiles(authority_file, tmp_path / "both.pem"),
            TlsFiles(authority_file, tmp_path / "certificate.pem", tmp_path / "key.pem"),
        ):
            assert send(address, items, files) == Answer(True)
        with pytest.raises(ArchiveError, match=r"no encrypted connection \(.*CERTIFICATE_REQUIRED.*\); expected"):
            send(address, items, TlsFiles(authority_file))


def test_an_authority_that_is_not_trusted(authority: trustme.CA, items: list[DicomObject]) -> None:
    with (
        node(authority) as address,
        pytest.raises(ArchiveError, match=r"no encrypted connection \(.*certificate\); .* \(--tls-authority\)"),
    ):
        send(address, items, TlsFiles())


def test_a_certificate_of_another_name(authority: trustme.CA, authority_file: Path, items: list[DicomObject]) -> None:
    with (
        node(authority, name="other.example") as address,
        pytest.raises(ArchiveError, match=r"not valid for '127\.0\.0\.1'"),
    ):
        send(address, items, TlsFiles(authority_file))


def test_a_node_without_encryption_gets_nothing(
    authority: trustme.CA, authority_file: Path, items: list[DicomObject]
) -> None:
    with node(authority, encrypted=False) as address, pytest.raises(ArchiveError, match="no encrypted"):
        send(address, items, TlsFiles(authority_file))


def test_a_node_that_does_not_answer_can_come_back(authority_file: Path, items: list[DicomObject]) -> None:
    with pytest.raises(Unreachable, match="no answer"):
        send(("127.0.0.1", 9), items, TlsFiles(authority_file))


def test_files_that_are_something_else(authority: trustme.CA, authority_file: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("text")
    with pytest.raises(InputError, match=r"--tls-authority .*text\.pem: cannot be read"):
        tls_context(TlsFiles(tmp_path / "text.pem"))
    with pytest.raises(InputError, match=r"--tls-certificate .*authority\.pem: .* expected a certificate and its key"):
        tls_context(TlsFiles(authority_file, authority_file))


def test_a_key_with_a_password_is_not_asked_for(tmp_path: Path) -> None:
    """The terminal of a program that nobody watches would wait for ever."""
    from cryptography.hazmat.primitives import serialization

    ours = trustme.CA().issue_cert("reader.example")
    key = serialization.load_pem_private_key(ours.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "key.pem").write_bytes(locked)
    ours.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    with pytest.raises(InputError, match="without a password"):
        tls_context(TlsFiles(None, tmp_path / "certificate.pem", tmp_path / "key.pem"))
