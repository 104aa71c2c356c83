"""Where a page is served: a port of this machine's loopback interface, and a token that only its user knows.

Both are kept in a hidden file beside the table while the program runs, and after it was killed, so that a page that is
still open finds the program again when it is started anew. The file is locked while the program runs: two programs on
one table would overwrite each other's marks.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dataset_conversion.spine.errors import InputError

LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 24
"""Random bytes of a token, 192 bits."""


@dataclass(frozen=True)
class Address:
    """Where a page is served.

    Attributes:
        port: Port, 0 for any free one.
        token: The secret part of the address.
    """

    port: int
    token: str

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"


class AddressFile:
    """The locked file with the address.

    Args:
        file: The open file.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.earlier = _parse(file.read())

    def write(self, address: Address) -> None:
        """Replace the content."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps({"port": address.port, "token": address.token}))
        self._file.flush()


def new_token() -> str:
    """A random token for an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@contextmanager
def address_file(table: Path) -> Iterator[AddressFile]:
    """Lock the file beside a table; it is removed at the end, but not if the program is killed.

    Raises:
        InputError: If another program holds it, or it cannot be written.
    """
    path = table.with_name(f".{table.name}.address")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error}); expected a folder that you can write to") from error
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            running = _parse(file.read())
            where = f" at {running.url}" if running else ""
            raise InputError(f"{table}: being annotated{where}; expected one program for each table") from error
        try:
            yield AddressFile(file)
        finally:
            path.unlink(missing_ok=True)


def _parse(text: str) -> Address | None:
    """The address in the file; None if there is none."""
    try:
        content = json.loads(text)
        return Address(int(content["port"]), str(content["token"]))
    except (ValueError, KeyError, TypeError):
        return None
