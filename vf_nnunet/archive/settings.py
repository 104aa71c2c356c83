"""Settings of the connection to an archive."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.spine.settings import settings


@settings
class ConnectionSettings:
    """How long an archive is waited for.

    Attributes:
        attempts: How often a request is made before it is given up.
        first_wait: Seconds before the second attempt; each later wait is twice the one before.
        longest_wait: Longest wait in seconds.
        timeout: Seconds without a byte after which a request has failed.
    """

    attempts: Annotated[int, Field(ge=1)] = 5
    first_wait: Annotated[float, Field(ge=0)] = 1.0
    longest_wait: Annotated[float, Field(ge=0)] = 60.0
    timeout: Annotated[float, Field(gt=0)] = 60.0


CONNECTION = ConnectionSettings()
"""The defaults."""
