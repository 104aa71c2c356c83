"""Memory that a library did not get, told from its other errors."""

from collections.abc import Iterator
from contextlib import contextmanager

SIGNS = ("out of memory", "alloc")
"""In the messages of torch ("CUDA out of memory", "DefaultCPUAllocator: can't allocate"), CUDA's libraries
("ALLOC_FAILED") and OpenVINO ("Failed to allocate", "bad_alloc"). "Memory" alone is in those of defects too ("illegal
memory access")."""


@contextmanager
def allocation_errors() -> Iterator[None]:
    """Raise MemoryError, with the message in one line, for a RuntimeError (torch's of a GPU is one) that says so."""
    try:
        yield
    except RuntimeError as error:
        message = " ".join(str(error).split())
        if any(sign in message.lower() for sign in SIGNS):
            raise MemoryError(message) from error
        raise
