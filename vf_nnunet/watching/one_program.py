"""Only one program may work on an output folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataset_conversion.spine.errors import InputError

LOCK = ".watch.lock"


@contextmanager
def one_program(output: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with the process however it ends.

    Raises:
        InputError: If another program holds it, or it cannot be written.
    """
    path = output / LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error}); expected a folder that you can write to") from error
    with os.fdopen(descriptor, "r+"):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"{output}: another vf_nnunet watch works on it; expected one for each folder") from error
        yield
