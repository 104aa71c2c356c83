"""TLS for the DICOM protocol (PS3.15, secure transport connection profiles)."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dataset_conversion.spine.errors import InputError

Read = TypeVar("Read")
SILENCE = 2.0
"""Seconds without a complaint after which an encryption is taken to be agreed on."""


@dataclass(frozen=True)
class TlsFiles:
    """Files in PEM format.

    Attributes:
        authority: Certificates of the authorities that are trusted; None for those that the computer knows.
        certificate: Our certificate, for an archive that asks for one; None to have none.
        key: Its key, without a password; None if it is in the file of the certificate.
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Encryption that an archive is refused if its certificate is not valid, or of another name.

    Raises:
        InputError: If a file cannot be read, or is not what it should be.
    """
    authority, certificate, key = files.authority, files.certificate, files.key
    expected = "expected certificates of authorities in PEM format"
    # With a file, those of the computer are not trusted too.
    context = _read(lambda: ssl.create_default_context(cafile=authority), f"--tls-authority {authority}", expected)
    if certificate is not None:
        expected = "expected a certificate and its key, without a password, in PEM format"
        # Without a password given, OpenSSL asks for one in the terminal.
        _read(lambda: context.load_cert_chain(certificate, key, ""), f"--tls-certificate {certificate}", expected)
    return context


def _read(read: Callable[[], Read], given: str, expected: str) -> Read:
    try:
        return read()
    except (OSError, ValueError) as error:
        raise InputError(f"{given}: cannot be read ({error}); {expected}") from error


def handshake_problem(address: tuple[str, int], context: ssl.SSLContext, timeout: float) -> str:
    """Why a server and we do not agree on an encryption; empty if we do, or if it does not answer.

    Args:
        address: Host and port.
        context: Ours.
        timeout: Seconds to wait for an answer.
    """
    try:
        with (
            socket.create_connection(address, timeout) as plain,
            context.wrap_socket(plain, server_hostname=address[0]) as encrypted,
        ):
            # In TLS 1.3 a server says only now that it misses our certificate. A node that misses nothing is silent.
            encrypted.settimeout(min(timeout, SILENCE))
            encrypted.recv(1)
    except ssl.SSLError as error:
        return getattr(error, "verify_message", "") or error.reason or str(error)
    except OSError:
        pass
    return ""
