"""Bad input shown in lines by nnU-Net's own commands, which catch no exception."""

import sys
from pathlib import Path
from types import TracebackType

from dataset_conversion.spine.errors import InputError, error_lines

_stock_hook = sys.excepthook


def show_errors_as_lines() -> None:
    """From now on a InputError that ends the process is one line a finding; any other exception is shown as before.

    `ext_trainers` calls this, which nnU-Net imports to find the trainer.
    """
    sys.excepthook = _show


def _show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(error, InputError):
        sys.stderr.write(error_lines(Path(sys.argv[0]).name, error))
    else:
        _stock_hook(kind, error, traceback)
