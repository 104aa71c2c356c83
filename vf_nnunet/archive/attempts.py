"""Try again, after longer and longer waits, what failed because an archive did not answer."""

import sys
from collections.abc import Callable
from time import sleep
from typing import TypeVar

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.settings import CONNECTION, ConnectionSettings

Result = TypeVar("Result")


class Unreachable(Exception):  # noqa: N818
    """The archive did not answer, or is too busy; the same request can succeed later."""


class ArchiveError(InputError):
    """The archive cannot be used: it is not there, or does not let us in."""


def with_attempts(request: Callable[[], Result], settings: ConnectionSettings = CONNECTION) -> Result:
    """The result of a request, which is made again while the archive does not answer. Waits are said.

    Args:
        request: Raises `Unreachable` if the archive did not answer.
        settings: How often, and how long the waits are.

    Raises:
        ArchiveError: If it never answered.
    """
    wait = settings.first_wait
    for _ in range(settings.attempts - 1):
        try:
            return request()
        except Unreachable as error:
            sys.stderr.write(f"{error}; again in {wait:g} s\n")
            sleep(wait)
            wait = min(2 * wait, settings.longest_wait)
    try:
        return request()
    except Unreachable as error:
        raise ArchiveError(str(error)) from error
