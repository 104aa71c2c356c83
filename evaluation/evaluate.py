"""The whole evaluation: maps and annotations in, a folder of results out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json, write_text
from dataset_conversion.spine.labels import FRACTURE
from evaluation.analysis.curves import Analysis, analyse
from evaluation.analysis.misclassifications import write_errors
from evaluation.analysis.scoring import score_cohort
from evaluation.analysis.secondary import Details, analyse_details, summarise_details
from evaluation.analysis.summary import summarise
from evaluation.analysis.tables import write_tables
from evaluation.cohort.assembly import Cohort, assemble_cohort
from evaluation.cohort.images import CT_SUFFIX, LABEL_SUFFIX, open_images
from evaluation.cohort.sources import CaseMap
from evaluation.detection.detections import detect
from evaluation.maps.nnunet_probabilities import fracture_label
from evaluation.report.ct_views import Illustrations, illustrate
from evaluation.report.figure_files import write_figures
from evaluation.report.html import render_report
from evaluation.settings import EvaluationSettings, ScoringSettings
from evaluation.statistics.comparison import Comparison, compare
from evaluation.statistics.scores import CohortScores

DEFAULT_SETTINGS = EvaluationSettings()


@dataclass(frozen=True)
class _Results:
    """All that is computed before anything is written."""

    scores: CohortScores
    analysis: Analysis
    details: Details
    illustrations: Illustrations
    comparison: Comparison | None
    summary: dict[str, Any]


def evaluate(
    maps: Sequence[CaseMap],
    annotations: Path,
    output: Path,
    settings: EvaluationSettings = DEFAULT_SETTINGS,
    images: Path | None = None,
    other: Sequence[CaseMap] | None = None,
    labels: Path | None = None,
) -> dict[str, Any]:
    """Score a cohort and write scores, curves, statistics, figures and `report.html`.

    Vertebrae without a grade are left out; a patient is positive when any graded vertebra is fractured, and is left
    out when none is graded. With only one outcome in the cohort the report is still made: the numbers that cannot
    exist are None, and `notes` says why.

    Args:
        maps: One map per case.
        annotations: The vertebra table.
        output: Folder to write to, created when missing. Nothing is written before everything is computed, and each
            file appears whole.
        settings: Every number of the evaluation.
        images: Folder of the CT images, `<case>_0000.nii.gz`, for pictures and the viewer in the report.
        other: The maps of another detector for the same cases; the difference is written to `comparison.json` too.
        labels: Folder of the label images, `<case>.nii.gz`, whose ellipsoids also tell where a finding hits;
            the `dataset.json` beside the folder, where there is one, gives the label of fractures, which else is 2.

    Returns:
        What is in `summary.json`.

    Raises:
        InputError: Input that cannot be evaluated, or an output that is not a folder; nothing is written then.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: is a file; wanted a folder or a new name")
    results = _compute(maps, annotations, settings, images, other, labels)
    _write(output, results, annotations.name, settings)
    return results.summary


def _compute(
    maps: Sequence[CaseMap],
    annotations: Path,
    settings: EvaluationSettings,
    images: Path | None,
    other: Sequence[CaseMap] | None,
    labels: Path | None,
) -> _Results:
    cohort, *other_cohort = _assemble([maps] if other is None else [maps, other], annotations, settings)
    ct_images = open_images(cohort, images, CT_SUFFIX)
    label_images = open_images(cohort, labels, LABEL_SUFFIX)
    # Absolute, since the parent of "." is "." again.
    label = FRACTURE if labels is None else fracture_label(labels.absolute().parent / "dataset.json")
    scores = score_cohort(cohort, settings)
    comparison = compare(scores, score_cohort(other_cohort[0], settings), settings) if other_cohort else None
    detections = detect(cohort.cases, settings, label_images, label)
    analysis = analyse(scores, settings)
    details = analyse_details(cohort, scores, analysis, detections, settings)
    illustrations = illustrate(cohort, scores, details, ct_images, settings)
    summary = summarise(scores, analysis, cohort.left_out, settings, comparison)
    summary = summarise_details(summary, details, scores, analysis)
    return _Results(scores, analysis, details, illustrations, comparison, summary)


def _write(output: Path, results: _Results, annotations: str, settings: EvaluationSettings) -> None:
    scores, analysis, details = results.scores, results.analysis, results.details
    pictures = results.illustrations.pictures
    output.mkdir(parents=True, exist_ok=True)
    write_tables(output, scores, analysis, settings)
    write_errors(output / "errors.csv", details.errors)
    figures = write_figures(output / "figures", scores, analysis, details, pictures, settings)
    write_json(output / "summary.json", results.summary)
    _write_comparison(output / "comparison.json", results.comparison)
    report = render_report(results.summary, annotations, figures, details, results.illustrations)
    write_text(output / "report.html", report)


def _assemble(detectors: Sequence[Sequence[CaseMap]], annotations: Path, settings: ScoringSettings) -> list[Cohort]:
    """The cohort of each detector, with the findings of all of them at once."""
    cohorts: list[Cohort] = []
    findings: list[str] = []
    for maps in detectors:
        try:
            cohorts.append(assemble_cohort(maps, annotations, settings))
        except InputError as error:
            findings += error.problems
    if findings:
        raise InputError(list(dict.fromkeys(findings)))
    return cohorts


def _write_comparison(path: Path, comparison: Comparison | None) -> None:
    """Without a comparison, what an earlier evaluation left under its name is removed."""
    if comparison is None:
        path.unlink(missing_ok=True)
    else:
        write_json(path, asdict(comparison))
