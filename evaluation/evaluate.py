"""The whole evaluation: maps and annotations in, a folder of results out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.analysis import analyse
from evaluation.cohort import assemble_cohort
from evaluation.details import analyse_details, summarise_details
from evaluation.detections import detect
from evaluation.errors import EvaluationError
from evaluation.failures import write_errors
from evaluation.figure_files import write_figures
from evaluation.files import write_text
from evaluation.illustrations import illustrate
from evaluation.images import CT_SUFFIX, LABEL_SUFFIX, open_images
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
        labels: Folder of the label images, `<case>.nii.gz`, whose ellipsoids also tell where a finding hits.

    Returns:
        What is in `summary.json`.

    Raises:
        EvaluationError: Input that cannot be evaluated, or an output that is not a folder; nothing is written then.
    """
    if output.exists() and not output.is_dir():
        raise EvaluationError(f"{output}: is a file; wanted a folder or a new name")
    cohort = assemble_cohort(maps, annotations, settings)
    ct_images = open_images(cohort, images, CT_SUFFIX)
    label_images = open_images(cohort, labels, LABEL_SUFFIX)
    scores = score_cohort(cohort, settings)
    detections = detect(cohort.cases, settings, label_images)
    analysis = analyse(scores, settings)
    details = analyse_details(cohort, scores, analysis, detections, settings)
    illustrations = illustrate(cohort, scores, details, ct_images, settings)
    summary = summarise(scores, analysis, cohort.left_out, settings)
    summary = summarise_details(summary, details, scores, analysis)
    output.mkdir(parents=True, exist_ok=True)
    write_tables(output, scores, analysis, settings)
    write_errors(output / "errors.csv", details.errors)
    figures = write_figures(output / "figures", scores, analysis, details, illustrations.pictures, settings)
    write_text(output / "summary.json", json.dumps(summary, indent=2, allow_nan=False) + "\n")
    write_text(output / "report.html", render_report(summary, annotations.name, figures, details, illustrations))
    return summary
