"""Show bad input in lines, without a traceback, when nnU-Net's own commands meet it; they catch no exception."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from dataset_conversion.spine.errors import InputError, error_lines

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def show_errors_as_lines() -> None:
    """From now on, show an `InputError` that ends the process as one line per problem.

    Any other exception is shown as before. The trainer calls this when it is constructed.
    """
    if not isinstance(sys.excepthook, _ErrorLines):
        sys.excepthook = _ErrorLines(sys.excepthook)


class _ErrorLines:
    def __init__(self, previous: Hook) -> None:
        self.previous = previous

    def __call__(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(error, InputError):
            sys.stderr.write(error_lines(Path(sys.argv[0]).name, error))
        else:
            self.previous(kind, error, traceback)
