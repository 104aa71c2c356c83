"""Look at a folder again and again, and take each study that has been still, one after the other."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from dataset_conversion.spine.errors import InputError, shortened_list
from vf_nnunet.archive.attempts import ArchiveError
from vf_nnunet.screening.batch import write_results_table
from vf_nnunet.screening.passed_over import record_passed_over
from vf_nnunet.watching.arrivals import Arrivals, Study, is_news
from vf_nnunet.watching.sending import Sending
from vf_nnunet.watching.settings import WatchSettings
from vf_nnunet.watching.study_job import Predicted, StudyJob
from vf_nnunet.watching.study_records import StudyRecord, StudyRecords


def log(line: str) -> None:
    """Write a line with the time to standard error."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")
    sys.stderr.flush()


@dataclass
class Watcher:
    """The state between two looks.

    Attributes:
        arrivals: The watched folder.
        records: What became of earlier studies.
        job: How studies are predicted.
        settings: When they are taken.
        sending: The archive that gets the results; None for none.
        clock: The time in seconds.
    """

    arrivals: Arrivals
    records: StudyRecords
    job: StudyJob
    settings: WatchSettings
    sending: Sending | None = None
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, float] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)
    _send_not_before: float = 0.0
    _write_not_before: float = 0.0
    _refused: set[str] = field(default_factory=set)
    _others_reported: float = 0.0
    _said: list[str] = field(default_factory=list)
    _table_is_old: bool = True

    def run(self, stop: Event) -> None:
        """Watch until the event is set."""
        try:
            while not stop.is_set():
                if not self.turn():
                    self.rest()
                    stop.wait(self.settings.poll)
        finally:
            self.rest()

    def turn(self) -> bool:
        """Look at the folder once, and take the study that has waited longest.

        Returns:
            Whether a study was taken.
        """
        now = self.clock()
        self._look(now)
        ready = [study for study in self.arrivals.studies() if self._is_ready(study, now)]
        if not ready:
            return False
        # A study that has ended the program must not keep the others waiting.
        self._take(min(ready, key=lambda study: self.records.times_begun(study.uid)))
        return True

    def rest(self) -> None:
        """What is done while no study waits: the table, files that are no study's, and what an archive did not take."""
        if self.clock() >= self._write_not_before:
            self._write()
        for record in self.records.unsent():
            self._send(record)

    def _write(self) -> None:
        try:
            self._report_others()
            if self._table_is_old:
                write_results_table(self.job.output)
                self._table_is_old = False
        except OSError as error:
            self._write_not_before = self.clock() + self.settings.retry
            log(f"{self.job.output}: not written: {error}; tried again in {self.settings.retry:g} s")

    def _look(self, now: float) -> None:
        """Poll the folder; what cannot be read is said once."""
        self.arrivals.poll(now)
        if self.arrivals.problems != self._said:
            self._said = self.arrivals.problems
            log(shortened_list(self._said, separator="; ") if self._said else "all can be read again")

    def _is_ready(self, study: Study, now: float) -> bool:
        if now - study.changed < self.settings.quiet or now < self._not_before.get(study.uid, now):
            return False
        if self._known.get(study.uid) == study.changed:
            return False
        record = self.records.get(study.uid)
        if record is None or self._is_other(study, record):
            return True
        self._known[study.uid] = study.changed
        return False

    def _is_other(self, study: Study, record: StudyRecord) -> bool:
        """Whether a study is not the recorded one any more. For a failed one, deleted images count too."""
        known = self.records.instances(study.uid)
        return set(known) != study.instances if record.reasons else is_news(study.instances, known)

    def _take(self, study: Study) -> None:
        started = time.monotonic()
        again = " again, because it has changed" if self.records.get(study.uid) else ""
        try:
            self.records.begin(study.uid)
            predicted = self._predict(study)
            record = StudyRecord(
                study.uid,
                predicted.cases,
                predicted.reasons,
                time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                round(time.monotonic() - started, 1),
                False if self.sending is not None and not predicted.reasons else None,
                sorted(study.instances),
            )
            self.records.end(record)
        except OSError as error:
            self._not_before[study.uid] = self.clock() + self.settings.retry
            log(f"study {study.uid}: not done: {error}; tried again in {self.settings.retry:g} s")
            return
        self._known[study.uid] = study.changed
        self._not_before.pop(study.uid, None)
        self._table_is_old = True
        log(f"study {study.uid}: {self._text(study, predicted)}, {record.seconds:g} s{again}")
        if record.is_stored is False:
            self._send(record)

    def _predict(self, study: Study) -> Predicted:
        try:
            return self.job.predict(study)
        except (OSError, KeyboardInterrupt):
            raise
        except Exception as error:  # one study must not end the watch, whatever it holds
            return Predicted(reasons=[f"study {study.uid}: {type(error).__name__}: {error}; please report this"])

    def _text(self, study: Study, predicted: Predicted) -> str:
        if predicted.reasons:
            reasons = [reason.removeprefix(f"study {study.uid}: ") for reason in predicted.reasons]
            return f"failed: {shortened_list(reasons, separator='; ')}"
        warnings = f", {predicted.warnings} warnings" if predicted.warnings else ""
        return f"{self.job.describe(predicted)}{warnings}"

    def _send(self, record: StudyRecord) -> None:
        """Send the objects of a study, unless the archive did not answer lately or has refused them since the start."""
        if self.sending is None or record.study in self._refused or self.clock() < self._send_not_before:
            return
        try:
            problems = self.sending.send(record)
        except (ArchiveError, OSError) as error:
            self._send_not_before = self.clock() + self.settings.retry
            log(f"study {record.study}: not stored: {error}; tried again in {self.settings.retry:g} s")
            return
        if problems:
            self._refused.add(record.study)
            log(f"study {record.study}: not stored: {shortened_list(problems, separator='; ')}")
            return
        self.records.mark_stored(record.study)
        log(f"study {record.study}: stored in {self.sending.destination.name}")

    def _report_others(self) -> None:
        """Record files that belong to no study when they have been still, too."""
        others, changed = self.arrivals.others()
        if changed == self._others_reported or self.clock() - changed < self.settings.quiet:
            return
        try:
            record_passed_over(self.arrivals.folder, self.job.output, others)
        except InputError as error:
            log(str(error))
        self._others_reported = changed
        names = [str(item.path.relative_to(self.arrivals.folder)) for item in others]
        if names:
            log(f"passed over: {shortened_list(names)} ({shortened_list(sorted({item.reason for item in others}))})")
