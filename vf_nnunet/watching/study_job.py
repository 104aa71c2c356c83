"""Predict one study: choose its CT, skip what is done already, and write its results."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataset_conversion.images.studies.selection import DEFAULT_SELECTION, DicomSelection
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.inference.backend import Backend
from vf_nnunet.model.model import Model
from vf_nnunet.screening.batch import (
    NOTHING,
    CaseAddition,
    CaseListener,
    PredictionProcedure,
    ignore_case,
    run_case,
    with_lacking,
)
from vf_nnunet.screening.case import ScreeningSettings, result_path, screen_case
from vf_nnunet.screening.earlier_results import check_output, unfinished
from vf_nnunet.screening.failures import note_failures
from vf_nnunet.screening.provenance import read_result
from vf_nnunet.screening.sources import find_cases
from vf_nnunet.watching.arrivals import Study
from vf_nnunet.watching.links import linked_folder
from vf_nnunet.watching.study_records import file_name


@dataclass
class Predicted:
    """What became of a study.

    Attributes:
        cases: Its cases that have results.
        reasons: Why it failed; empty if it did not.
        warnings: Number of warnings in its results.
    """

    cases: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    warnings: int = 0


@dataclass(frozen=True)
class StudyJob:
    """How studies are predicted.

    Attributes:
        output: Folder for the results.
        model: The model that predicts.
        backend: The model's ensemble, opened.
        settings: How CTs are predicted.
        selection: Which series of a study is taken, and how its case is named.
        addition: Makes what adds something to the results of CTs, from these by case id.
        owner: The study whose result a case is already; None for a new case.
        finished: Gets the id of each case that has a result or has failed.
    """

    output: Path
    model: Model
    backend: Backend
    settings: ScreeningSettings
    selection: DicomSelection = DEFAULT_SELECTION
    addition: Callable[[Mapping[str, ImageSource]], CaseAddition] = lambda cts: NOTHING
    owner: Callable[[str], str | None] = lambda case: None
    finished: CaseListener = ignore_case

    def predict(self, study: Study) -> Predicted:
        """Predict the CT of a study. A result that was made from it as it would be now is kept.

        Raises:
            OSError: If something cannot be read or written.
        """
        if not study.instances:
            return self._without_case(
                study, [f"study {study.uid}: no CT among its {len(study.paths)} objects; expected a CT"]
            )
        with linked_folder(file_name(study.uid), study.paths) as folder:
            try:
                return self._predict(study, folder)
            except InputError as error:
                return self._without_case(study, [_of_study(study, folder, line) for line in error.problems])

    def _without_case(self, study: Study, reasons: list[str]) -> Predicted:
        """A study that has failed before its case had a name; the page shows it by its UID."""
        note_failures(self.output, {study.uid: reasons}, ())
        self.finished(study.uid)
        return Predicted(reasons=reasons)

    def _predict(self, study: Study, folder: Path) -> Predicted:
        found = find_cases(folder, self.selection).paths
        inputs = {self._own_name(case, study.uid): ct for case, ct in found.items()}
        check_output(inputs, self.output)
        note_failures(self.output, {}, [study.uid])
        procedure = PredictionProcedure(inputs, self.output, self.model, self.settings)
        left, _ = unfinished(inputs, self.output, procedure)
        addition = self.addition(inputs)
        to_do = with_lacking(inputs, left, addition)
        predicted = Predicted()

        def screen(case: str, ct: ImageSource) -> Sequence[str]:
            made = (case, ct, self.output, self.model, self.backend, self.settings)
            warnings = screen_case(*made) if case in left else ()
            return (*warnings, *addition(case, ct))

        for case, ct in inputs.items():
            if case in to_do:
                outcome = run_case(case, ct, self.output, screen)
                reasons = [*outcome.failures, *([outcome.mask.reason] if outcome.mask else [])]
                predicted.reasons += [_of_study(study, folder, line) for line in reasons]
                predicted.warnings += len(outcome.warnings)
                self.finished(case)
                if reasons:
                    continue
            predicted.cases.append(case)
        return predicted

    def _own_name(self, case: str, study: str) -> str:
        """The name of a case, told apart from that of another study."""
        if self.owner(case) in (None, study):
            return case
        return f"{case}_{hashlib.blake2b(study.encode(), digest_size=3).hexdigest()}"

    def describe(self, predicted: Predicted) -> str:
        """A result in a few words."""
        return "; ".join(self._case_text(case) for case in predicted.cases)

    def _case_text(self, case: str) -> str:
        result = read_result(result_path(self.output, case))
        decision = "positive" if result.get("positive") else "negative"
        return f"{case}: score {result['score']:.3f}, {decision}, {len(result['findings'])} findings"


def _of_study(study: Study, folder: Path, line: str) -> str:
    """A problem that names the study's own files instead of the links to them."""
    for number, path in enumerate(sorted(study.paths), start=1):
        line = line.replace(str(folder / f"{number:06d}.dcm"), str(path)).replace(f"{number:06d}.dcm", path.name)
    line = line.replace(str(folder), f"study {study.uid}")
    return line if study.uid in line else f"study {study.uid}: {line}"
