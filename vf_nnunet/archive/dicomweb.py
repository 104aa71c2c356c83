"""Open a DICOMweb service, and say in one line what is wrong with it."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dataset_conversion.spine.errors import first_line
from vf_nnunet.archive.attempts import ArchiveError, Unreachable
from vf_nnunet.archive.credentials import WHERE, add_credentials, check_url, has_own_credentials
from vf_nnunet.archive.packages import check_installed
from vf_nnunet.archive.settings import CONNECTION, ConnectionSettings

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient
    from requests import HTTPError, RequestException, Response

NO_ENTRY = (401, 403, 407)
"""HTTP states of a service that does not let us in."""
NO_SERVICE = (404, 405, 501)
"""HTTP states of a server without the service."""
BUSY = (408, 425, 429, 502, 503, 504, 507)
"""HTTP states that can pass; the last one is a full disk."""
LARGEST_PART = 2**31
"""Bytes of one request. More than any instance, because a request in chunks cannot be made again by the client."""
_CONNECTION = re.compile(r"^(?:<[^>]*>|\w+\([^)]*\)): |\(_ssl\.c:\d+\)")
"""What urllib3 and OpenSSL say of themselves in a message."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def open_dicomweb(url: str, settings: ConnectionSettings = CONNECTION) -> "DICOMwebClient":
    """A client of the service at a URL. Nothing is sent yet.

    Raises:
        InputError: If the URL or the credentials cannot be used, or the client is not installed.
    """
    check_url(url)
    check_installed("dicomweb_client")
    import requests
    from dicomweb_client import DICOMwebClient

    session = requests.Session()
    add_credentials(session)
    parts = urlsplit(url)
    if has_own_credentials() and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        sys.stderr.write(f"warning: {url}: the password is sent unencrypted; expected https\n")
    client = DICOMwebClient(
        url.rstrip("/"),
        session,
        callback=_plain_media_type,
        chunk_size=LARGEST_PART,
        permissive_uid=True,
        timeout=settings.timeout,
    )
    # The client repeats too little: no lost connections. `with_attempts` does both.
    client.set_http_retry_params(retry=False)
    return client


def _plain_media_type(response: "Response", *_: object, **__: object) -> "Response":
    """The client compares the whole header, and so overlooks answers of `application/dicom+json; charset=utf-8`."""
    kind, _, parameters = response.headers.get("Content-Type", "").partition(";")
    if "boundary" not in parameters:
        response.headers["Content-Type"] = kind.strip().lower()
    return response


@contextmanager
def translated_errors(url: str) -> Iterator[None]:
    """Translate errors of requests to the service.

    Raises:
        Unreachable: If it did not answer, or is busy.
        ArchiveError: If it does not let us in, is not a DICOMweb service, or cannot be trusted.
    """
    import requests

    try:
        yield
    except requests.exceptions.SSLError as error:
        raise ArchiveError(f"{url}: TLS: {_tls_remedy(_reason(error))}") from error
    except requests.HTTPError as error:
        _translate_state(url, error)
        raise
    except requests.exceptions.InvalidURL as error:
        raise ArchiveError(f"{url}: not a URL ({_reason(error)})") from error
    except requests.exceptions.JSONDecodeError as error:
        raise ArchiveError(f"{url}: the answer is not DICOM JSON; expected the URL of a DICOMweb service") from error
    except requests.RequestException as error:
        raise Unreachable(f"{url}: no answer ({_reason(error)})") from error


def _translate_state(url: str, error: "HTTPError") -> None:
    """Raise what an HTTP state means; nothing for one about a single instance."""
    state, text = error.response.status_code, state_text(error.response)
    if state in NO_ENTRY:
        raise ArchiveError(f"{url}: {text}: wrong or missing credentials; expected those of the archive in {WHERE}")
    if state in BUSY:
        raise Unreachable(f"{url}: {text}")
    if state in NO_SERVICE and "/instances/" not in error.response.url:
        raise ArchiveError(f"{url}: {text}; expected the URL of a DICOMweb service")


def state_text(response: "Response") -> str:
    """The HTTP state of an answer, such as "404 Not Found"."""
    return f"{response.status_code} {response.reason or ''}".strip()


def _tls_remedy(reason: str) -> str:
    """An error of TLS, and what to do."""
    if "WRONG_VERSION" in reason or "UNKNOWN_PROTOCOL" in reason:
        return f"{reason}; the server speaks no TLS: expected http instead of https, or another port"
    return f"{reason}; expected a certificate that this computer trusts: set REQUESTS_CA_BUNDLE to its authority's file"


def _reason(error: "RequestException") -> str:
    """The innermost reason: `requests` wraps those of the libraries below it."""
    inner: Any = error
    while True:
        deeper = next((part for part in (*inner.args, getattr(inner, "reason", None)) if _is_error(part)), None)
        if deeper is None:
            break
        inner = deeper
    text = getattr(inner, "strerror", None) or next((part for part in inner.args[::-1] if isinstance(part, str)), "")
    return first_line(_CONNECTION.sub("", text).strip()) or type(inner).__name__


def _is_error(part: object) -> bool:
    return isinstance(part, BaseException)
