"""Evaluation of a cohort: from maps and annotations to a folder of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json, write_text
from dataset_conversion.spine.labels import FRACTURE
from evaluation.analysis.curves import Analysis, analyse
from evaluation.analysis.grading import (
    GRADES_FILE,
    VertebraGrading,
    analyse_grading,
    summarise_grading,
    write_grades,
)
from evaluation.analysis.height_loss import analyse_height_loss
from evaluation.analysis.located_table import LOCATED_FILE, write_located_vertebrae
from evaluation.analysis.misclassifications import write_misclassifications
from evaluation.analysis.own_centres import OwnCentres, analyse_own_centres
from evaluation.analysis.own_centres_summary import own_centres_notes, summarise_own_centres
from evaluation.analysis.scoring import score_and_detect
from evaluation.analysis.secondary import SecondaryAnalyses, analyse_secondary, summarise_secondary
from evaluation.analysis.summary import summarise
from evaluation.analysis.tables import write_tables
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import Case, EvaluationCohort
from evaluation.cohort.images import CT_SUFFIX, LABEL_SUFFIX, open_images
from evaluation.cohort.places import check_cts
from evaluation.cohort.sources import CaseMap
from evaluation.maps.nnunet_probabilities import fracture_labels
from evaluation.report.ct_views import CtViews, draw_ct_views
from evaluation.report.figure_files import write_figures
from evaluation.report.html import render_report
from evaluation.settings import EvaluationSettings, ScoringSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.comparison import Comparison, compare
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.surroundings import vertebra_surroundings

DEFAULT_SETTINGS = EvaluationSettings()


@dataclass(frozen=True)
class _Results:
    """Everything that is computed before the first file is written."""

    scores: CohortScores
    analysis: Analysis
    secondary: SecondaryAnalyses
    ct_views: CtViews
    comparison: Comparison | None
    own: OwnCentres | None
    cases: tuple[Case, ...]
    grading: VertebraGrading | None
    summary: dict[str, Any]


def evaluate(
    maps: Sequence[CaseMap],
    annotations: Path,
    output: Path,
    settings: EvaluationSettings = DEFAULT_SETTINGS,
    images: Path | None = None,
    other: Sequence[CaseMap] | None = None,
    labels: Path | None = None,
    masks: Path | None = None,
) -> dict[str, Any]:
    """Score a cohort and write scores, curves, statistics, figures and `report.html`.

    Vertebrae without a grade are left out. A patient is positive if any graded vertebra is fractured, and is left out
    if none is graded. A report is written even if all patients have the same outcome: the numbers that cannot be
    computed are None, and `notes` says why.

    Args:
        maps: One map per case.
        annotations: The vertebra table.
        output: Folder for the results, created if missing. Nothing is written before everything is computed, and each
            file is written atomically.
        settings: All settings of the evaluation.
        images: Folder with the CT images, `<case>_0000.nii.gz`, for pictures and the viewer in the report.
        other: Maps of another detector for the same cases. The difference is also written to `comparison.json`.
        labels: Folder with label images, `<case>.nii.gz`. A finding inside an ellipsoid of a fracture is a hit as well.
            The values of such ellipsoids are read from the `dataset.json` beside the folder, and are 2 without one.
        masks: Folder with vertebra masks, `<case>.nii.gz`. The loss of height is then measured and compared with the
            grades.

    Returns:
        The content of `summary.json`.

    Raises:
        InputError: If the input cannot be evaluated or `output` is not a folder. Nothing is written in that case.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: is a file; expected a folder or a new name")
    results = _compute(maps, annotations, settings, images, other, labels, masks)
    _write(output, results, annotations.name, settings)
    return results.summary


def _compute(
    maps: Sequence[CaseMap],
    annotations: Path,
    settings: EvaluationSettings,
    images: Path | None,
    other: Sequence[CaseMap] | None,
    labels: Path | None,
    masks: Path | None,
) -> _Results:
    cohort, *other_cohort = _assemble([maps] if other is None else [maps, other], annotations, settings)
    ct_images = open_images(cohort, images, CT_SUFFIX)
    label_images = open_images(cohort, labels, LABEL_SUFFIX)
    doubts = check_cts(cohort, annotations, ct_images)
    fractures = _fracture_classes(labels, settings)
    seen_in_cts = bool(ct_images)
    scored = score_and_detect(cohort, annotations, settings, label_images, fractures, seen_in_cts, grade=True)
    others = [
        score_and_detect(compared, annotations, settings, seen_in_cts=seen_in_cts, locate=False)
        for compared in other_cohort
    ]
    scores, detections = scored.scores, scored.detections
    weights = draw_replicates(scores.patients, settings)
    comparison = compare(scores, others[0].scores, settings) if others else None
    analysis = analyse(scores, weights, settings)
    surroundings = vertebra_surroundings(cohort.cases, [case.border_distance for case in detections], settings)
    secondary = analyse_secondary(scores, analysis, surroundings, detections, weights, settings)
    located = scored.located
    own = None if located is None else analyse_own_centres(cohort.cases, located, scores, detections, weights, settings)
    grading = analyse_grading(cohort.cases, scored.grades, scores, weights, settings)
    height_loss = analyse_height_loss(masks, annotations, scores, settings.fracture_grade)
    ct_views = draw_ct_views(cohort, scores, secondary, ct_images, settings)
    summary = summarise(scores, analysis, cohort.left_out, settings, comparison)
    summary = summarise_secondary(summary, secondary, scores, analysis)
    summary["vertebra"]["own_centres"] = summarise_own_centres(own, cohort.cases, settings)
    summary["notes"] += own_centres_notes(own, cohort.cases, scored.without_normal_map)
    summary = summarise_grading(summary, grading, height_loss, settings.fracture_grade)
    summary["notes"] += [*doubts, *(doubt for part in (scored, *others) for doubt in part.doubts)]
    summary["sources"] = {name: asdict(count) for name, count in cohort.counts.items()}
    return _Results(scores, analysis, secondary, ct_views, comparison, own, cohort.cases, grading, summary)


def _fracture_classes(labels: Path | None, settings: EvaluationSettings) -> tuple[int, ...]:
    """Values of the classes of fractures in a folder of label images, by the `dataset.json` beside it."""
    if labels is None:
        return (FRACTURE,)
    # Absolute, because the parent of "." would be ".".
    return fracture_labels(labels.absolute().parent / "dataset.json", settings.fracture_grade)


def _write(output: Path, results: _Results, annotations: str, settings: EvaluationSettings) -> None:
    scores, analysis, secondary = results.scores, results.analysis, results.secondary
    pictures = results.ct_views.pictures
    output.mkdir(parents=True, exist_ok=True)
    write_tables(output, scores, analysis, settings)
    write_grades(output / GRADES_FILE, results.grading, scores)
    write_misclassifications(output / "errors.csv", secondary.misclassifications)
    write_located_vertebrae(output / LOCATED_FILE, results.own, results.cases)
    figures = write_figures(output / "figures", scores, analysis, secondary, results.own, pictures, settings)
    write_json(output / "summary.json", results.summary)
    _write_comparison(output / "comparison.json", results.comparison)
    report = render_report(results.summary, annotations, figures, secondary, results.ct_views)
    write_text(output / "report.html", report)


def _assemble(
    detectors: Sequence[Sequence[CaseMap]], annotations: Path, settings: ScoringSettings
) -> list[EvaluationCohort]:
    """Assemble the cohort of each detector and report the problems of all of them at once."""
    cohorts: list[EvaluationCohort] = []
    problems: list[str] = []
    for maps in detectors:
        try:
            cohorts.append(assemble_cohort(maps, annotations, settings))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return cohorts


def _write_comparison(path: Path, comparison: Comparison | None) -> None:
    """Write the comparison. Without one, remove the file of an earlier evaluation."""
    if comparison is None:
        path.unlink(missing_ok=True)
    else:
        write_json(path, asdict(comparison))
