"""A watched folder whose studies are predicted by brightness, and a clock that a test turns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dataset_conversion.images.studies.selection import DEFAULT_SELECTION, DicomSelection
from tests.vf_nnunet.models import BrightnessBackend, tiny_model
from vf_nnunet.screening.case import ScreeningSettings
from vf_nnunet.watching.arrivals import Arrivals, Study
from vf_nnunet.watching.settings import WatchSettings
from vf_nnunet.watching.study_job import Predicted, StudyJob
from vf_nnunet.watching.study_records import StudyRecords
from vf_nnunet.watching.watcher import Watcher

QUIET, RETRY = 10.0, 100.0


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Folders:
    """A watched folder and the folder of its results; `watcher` starts the program anew."""

    incoming: Path
    output: Path
    job: StudyJob
    clock: Clock = field(default_factory=Clock)
    taken: list[str] = field(default_factory=list)
    answer: Callable[[Study], Predicted] | None = None
    selection: DicomSelection = DEFAULT_SELECTION

    def watcher(self) -> Watcher:
        records = StudyRecords(self.output)
        settings = WatchSettings(quiet=QUIET, poll=0.01, retry=RETRY)
        job = RecordingJob(
            self.output, self.job.model, self.job.backend, self.job.settings, self.selection, owner=records.owner
        )
        object.__setattr__(job, "folders", self)
        return Watcher(Arrivals(self.incoming), records, job, settings, clock=self.clock)

    def let_pass(self, watcher: Watcher, seconds: float = QUIET) -> int:
        """Look, wait, and take all studies that are ready; their number."""
        watcher.turn()
        self.clock.now += seconds
        count = 0
        while watcher.turn():
            count += 1
        return count


class RecordingJob(StudyJob):
    """Notes what is taken, and answers in the network's place if the test wants it."""

    folders: Folders

    def predict(self, study: Study) -> Predicted:
        self.folders.taken.append(study.uid)
        answer = self.folders.answer
        return super().predict(study) if answer is None else answer(study)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    model = tiny_model(("0",))
    job = StudyJob(tmp_path / "out", model, BrightnessBackend(model.ensemble), ScreeningSettings())
    return Folders(tmp_path / "in", tmp_path / "out", job)
