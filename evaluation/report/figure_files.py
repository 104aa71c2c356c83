"""Drawing and writing of all figures, replacing those of an earlier evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.analysis.curves import Analysis, VertebraAnalysis
from evaluation.analysis.own_centres import OwnCentres
from evaluation.analysis.secondary import SecondaryAnalyses
from evaluation.report.figure_style import save_figure
from evaluation.report.froc_figure import draw_froc
from evaluation.report.own_centres_figures import draw_localisation, draw_own_froc, draw_own_roc
from evaluation.report.patient_pictures import SAGITTAL_PREFIX, Picture
from evaluation.report.roc_figures import draw_hull, draw_patient_roc, draw_vertebra_roc
from evaluation.report.score_figures import draw_calibration, draw_scores_by_grade
from evaluation.settings import EvaluationSettings, SharedSettings
from evaluation.statistics.scores import CohortScores

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_figures(
    folder: Path,
    scores: CohortScores,
    analysis: Analysis,
    secondary: SecondaryAnalyses,
    own: OwnCentres | None,
    pictures: Sequence[Picture],
    settings: EvaluationSettings,
) -> dict[str, Path]:
    """Write all figures in all formats.

    Args:
        folder: The folder for the figures.
        scores: Scores of the cohort.
        analysis: ROC curves.
        secondary: Secondary analyses.
        own: Results at located centres, if there are any.
        pictures: Pictures of patients.
        settings: The noise thresholds and the radii of the localisation are used.

    Returns:
        The file of each figure for the report: SVG for drawings, PNG for pictures of CTs. Figures of curves that do
        not exist are missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob(f"{SAGITTAL_PREFIX}*"):
        earlier.unlink()
    drawn = {**_draw(scores, analysis, secondary, settings), **_draw_own_centres(own, analysis.vertebra, settings)}
    for name, figure in (*drawn.items(), *((picture.name, picture.figure) for picture in pictures)):
        save_figure(figure, folder, name)
    drawings = {name: folder / f"{name}.svg" for name, figure in drawn.items() if figure is not None}
    return {**drawings, **{picture.name: folder / f"{picture.name}.png" for picture in pictures}}


def _draw(
    scores: CohortScores, analysis: Analysis, secondary: SecondaryAnalyses, settings: SharedSettings
) -> dict[str, Figure | None]:
    patient, vertebra = analysis.patient, analysis.vertebra
    return {
        "patient_roc": draw_patient_roc(patient, settings) if patient else None,
        "patient_hull": draw_hull(patient, settings) if patient else None,
        "vertebra_roc": draw_vertebra_roc(vertebra) if vertebra else None,
        "froc": draw_froc(secondary.froc) if secondary.froc else None,
        "scores_by_grade": draw_scores_by_grade(scores.vertebrae, secondary.threshold),
        "calibration": draw_calibration(secondary.calibration),
    }


def _draw_own_centres(
    own: OwnCentres | None, vertebra: VertebraAnalysis | None, settings: EvaluationSettings
) -> dict[str, Figure | None]:
    return {
        "own_centres_distance": draw_localisation(own, settings) if own else None,
        "own_centres_roc": draw_own_roc(own, vertebra) if own and vertebra else None,
        "own_centres_froc": draw_own_froc(own.froc) if own and own.froc else None,
    }
