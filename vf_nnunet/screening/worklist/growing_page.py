"""The page while a batch runs: it gets each case as soon as the case is finished."""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from dataset_conversion.spine.errors import InputError
from vf_nnunet.screening.case import result_path
from vf_nnunet.screening.failures import FAILURES, recorded_failures
from vf_nnunet.screening.provenance import result_problems
from vf_nnunet.screening.worklist.case_files import write_library
from vf_nnunet.screening.worklist.entries import as_text, failed_entry, read_entry
from vf_nnunet.screening.worklist.page import NO_BATCH, Progress, write_page
from vf_nnunet.screening.worklist.settings import PAGE, PageSettings

REMEDY = "vf_nnunet worklist DIR --images CTS makes them, with --maps MAPS for results of vf_nnunet findings"


class _Listed(NamedTuple):
    """The entry of a case as the page holds it, and how its result was made."""

    text: str
    origin: dict[str, Any]


class GrowingPage:
    """A page that is written at the beginning, after cases, and at the end of a `with` block, also after an error.

    The text of every entry is kept, so that a write is one pass over them. It is left out after a case if the writes
    would take more than their share of the time.

    Args:
        output: Folder of the results.
        progress: Cases that are done already, and all cases of the batch.
        settings: The share.
    """

    def __init__(self, output: Path, progress: Progress = NO_BATCH, settings: PageSettings = PAGE) -> None:
        self.output = output
        self.progress = progress
        self.settings = settings
        self.problems: list[str] = []
        self._listed: dict[str, _Listed] = {}
        self._next_write = 0.0

    def __enter__(self) -> Self:
        """Read the results that are there, and write the page for the first time."""
        write_library(self.output)
        for case in results_in(self.output):
            self._read(case)
        self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the page for the last time."""
        self._write()

    def finished(self, case: str) -> None:
        """Take in a case that is done or has failed."""
        self.progress = Progress(self.progress.done + 1, self.progress.total)
        self._read(case)
        if time.monotonic() >= self._next_write:
            self._write()

    def _read(self, case: str) -> None:
        """The entry of a case; one without a result is left to the record of failures."""
        self._listed.pop(case, None)
        if not result_path(self.output, case).is_file():
            return
        try:
            entry = read_entry(self.output, case, self.settings)
            self._listed[case] = _Listed(as_text(entry.content), entry.origin)
        except InputError as error:
            self.problems += error.problems
            self._listed[case] = _Listed(as_text(failed_entry(case, error.problems)), {})

    def _write(self) -> None:
        started = time.monotonic()
        failures = {
            case: as_text(failed_entry(case, reasons))
            for case, reasons in recorded_failures(self.output).items()
            if case not in self._listed
        }
        texts = [*(one.text for one in self._listed.values()), *failures.values()]
        origins = [one.origin for one in self._listed.values() if one.origin]
        write_page(self.output, texts, origins, self.progress, REMEDY)
        ended = time.monotonic()
        self._next_write = ended + (ended - started) / self.settings.writing_share


def results_in(output: Path) -> list[str]:
    """The cases with a result in a folder, sorted."""
    paths = sorted(output.glob("*.json"), key=lambda path: path.stem)
    return [path.stem for path in paths if path.name != FAILURES and not result_problems(path)]
