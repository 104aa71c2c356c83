"""The whole evaluation: maps and annotations in, a folder of results out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluation.analysis import Analysis, analyse
from evaluation.cohort import Cohort, assemble_cohort
from evaluation.comparison import Comparison, compare
from evaluation.errors import EvaluationError
from evaluation.figures import draw_patient_roc, draw_vertebra_roc, save_figure
from evaluation.files import write_json, write_text
from evaluation.pictures import draw_pictures
from evaluation.report import render_report
from evaluation.scoring import score_cohort
from evaluation.settings import EvaluationSettings
from evaluation.sources import CaseMap
from evaluation.summary import summarise
from evaluation.tables import write_tables

DEFAULT_SETTINGS = EvaluationSettings()


def evaluate(
    maps: Sequence[CaseMap],
    annotations: Path,
    output: Path,
    settings: EvaluationSettings = DEFAULT_SETTINGS,
    images: Path | None = None,
    other: Sequence[CaseMap] | None = None,
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
        images: Folder of the CT images, `<case>_0000.nii.gz`, for pictures in the report.
        other: The maps of another detector for the same cases; the difference is written to `comparison.json` too.

    Returns:
        What is in `summary.json`.

    Raises:
        EvaluationError: Input that cannot be evaluated, or an output that is not a folder; nothing is written then.
    """
    if output.exists() and not output.is_dir():
        raise EvaluationError(f"{output}: is a file; wanted a folder or a new name")
    cohort, *other_cohort = _assemble([maps] if other is None else [maps, other], annotations, settings)
    scores = score_cohort(cohort, settings)
    comparison = compare(scores, score_cohort(other_cohort[0], settings), settings) if other_cohort else None
    pictures = [] if images is None else draw_pictures(cohort, scores.patients, images, settings)
    analysis = analyse(scores, settings)
    summary = summarise(scores, analysis, cohort.left_out, settings, comparison)
    figures = output / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    write_tables(output, scores, analysis, settings)
    _write_figures(figures, analysis, settings)
    write_json(output / "summary.json", summary)
    _write_comparison(output / "comparison.json", comparison)
    write_text(output / "report.html", render_report(summary, annotations, output, pictures))
    return summary


def _assemble(detectors: Sequence[Sequence[CaseMap]], annotations: Path, settings: EvaluationSettings) -> list[Cohort]:
    """The cohort of each detector, with the findings of all of them at once."""
    cohorts: list[Cohort] = []
    findings: list[str] = []
    for maps in detectors:
        try:
            cohorts.append(assemble_cohort(maps, annotations, settings))
        except EvaluationError as error:
            findings += error.findings
    if findings:
        raise EvaluationError(list(dict.fromkeys(findings)))
    return cohorts


def _write_comparison(path: Path, comparison: Comparison | None) -> None:
    """Without a comparison, what an earlier evaluation left under its name is removed."""
    if comparison is None:
        path.unlink(missing_ok=True)
    else:
        write_json(path, asdict(comparison))


def _write_figures(folder: Path, analysis: Analysis, settings: EvaluationSettings) -> None:
    patient = draw_patient_roc(analysis.patient, settings) if analysis.patient else None
    vertebra = draw_vertebra_roc(analysis.vertebra) if analysis.vertebra else None
    save_figure(patient, folder, "patient_roc")
    save_figure(vertebra, folder, "vertebra_roc")
