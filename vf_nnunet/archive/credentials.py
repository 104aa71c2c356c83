"""Who we are for a DICOMweb service. Secrets come from the environment or a netrc file, and are never shown."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dataset_conversion.spine.errors import InputError

if TYPE_CHECKING:
    from requests import PreparedRequest, Session

USER, PASSWORD, TOKEN = "VF_NNUNET_DICOMWEB_USER", "VF_NNUNET_DICOMWEB_PASSWORD", "VF_NNUNET_DICOMWEB_TOKEN"
"""Environment variables. Without them the entry of the archive's host in ~/.netrc is used, if there is one."""
WHERE = f"{USER} and {PASSWORD}, {TOKEN}, or ~/.netrc"
"""Where credentials are looked for, for messages."""


def check_url(url: str) -> None:
    """Check the address of a DICOMweb service.

    Raises:
        InputError: If it is not a URL of http or https, or holds a password. The password is not repeated.
    """
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise InputError(f"DICOMweb URL holds a user or password, which others can read; expected it in {WHERE}")
    if not is_url:
        raise InputError(f"{url}: not a DICOMweb URL; expected one such as https://archive.example/dicom-web")


def add_credentials(session: "Session", environment: Mapping[str, str] = os.environ) -> None:
    """Make a session's requests with the credentials of the environment; netrc is `requests`' own default.

    Raises:
        InputError: If only one of user and password is set.
    """
    token = environment.get(TOKEN)
    user, password = environment.get(USER), environment.get(PASSWORD)
    if token:

        def bear(request: "PreparedRequest") -> "PreparedRequest":
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        # A function, because requests replaces a header by the entry of a netrc file.
        session.auth = bear
    elif user and password:
        # As bytes, because requests would encode the text as latin-1 and fail on other letters.
        session.auth = (user.encode(), password.encode())
    elif user or password:
        missing = PASSWORD if user else USER
        raise InputError(f"{missing}: not set; expected both {USER} and {PASSWORD}, or neither")


def has_own_credentials(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment holds credentials."""
    return bool(environment.get(TOKEN) or environment.get(USER))
