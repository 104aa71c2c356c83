"""The scores and curves of an evaluation as CSV tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dataset_conversion.spine.files import write_csv
from evaluation.analysis.curves import Analysis, PatientAnalysis, VertebraAnalysis
from evaluation.settings import SharedSettings
from evaluation.statistics.bootstrap import RATE_GRID
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores


def write_tables(output: Path, scores: CohortScores, analysis: Analysis, settings: SharedSettings) -> None:
    """Write the four tables. The table of a curve that does not exist has a header only."""
    _write_patient_scores(output / "patient_scores.csv", scores.patients, settings)
    _write_vertebra_scores(output / "vertebra_scores.csv", scores)
    _write_patient_roc(output / "patient_roc.csv", analysis.patient, settings)
    _write_vertebra_roc(output / "vertebra_roc.csv", analysis.vertebra)


def _write_patient_scores(path: Path, patients: PatientScores, settings: SharedSettings) -> None:
    columns = ["patient_id", "case_ids", "fold", "fracture", *(f"score_n{n}" for n in settings.noise_thresholds)]
    rows = zip(patients.patient_id, patients.case_ids, patients.fold, patients.fracture, patients.scores, strict=True)
    write_csv(
        path,
        columns,
        (
            [patient_id, " ".join(case_ids), fold, int(fracture), *scores.tolist()]
            for patient_id, case_ids, fold, fracture, scores in rows
        ),
    )


def _write_vertebra_scores(path: Path, scores: CohortScores) -> None:
    vertebrae: VertebraScores = scores.vertebrae
    draws = [f"score_draw{draw}" for draw in range(vertebrae.scores.shape[1])]
    rows = zip(
        vertebrae.case_id,
        [scores.patients.patient_id[patient] for patient in vertebrae.patient],
        vertebrae.vertebra,
        vertebrae.grade.tolist(),
        vertebrae.fracture.astype(int).tolist(),
        vertebrae.scores.mean(axis=1).tolist(),
        vertebrae.scores.tolist(),
        strict=True,
    )
    columns = ["case_id", "patient_id", "vertebra", "grade", "fracture", "score_mean", *draws]
    write_csv(path, columns, ([*row, *by_draw] for *row, by_draw in rows))


def _write_patient_roc(path: Path, analysis: PatientAnalysis | None, settings: SharedSettings) -> None:
    columns = ["curve", "noise_threshold", "probability_threshold", "false_positive_rate", "sensitivity"]
    rows: list[tuple[object, ...]] = []
    if analysis is not None:
        for n, curve in zip(settings.noise_thresholds, analysis.curves, strict=True):
            points = zip(curve.probability_threshold, curve.false_positive_rate, curve.sensitivity, strict=True)
            rows.extend(("noise_threshold", n, *map(float, point)) for point in points)
        hull = analysis.hull
        corners = zip(hull.probability_threshold, hull.false_positive_rate, hull.sensitivity, strict=True)
        rows.extend(
            ("hull", int(n), *map(float, corner)) for n, corner in zip(hull.noise_threshold, corners, strict=True)
        )
    if analysis is not None and analysis.nested is not None:
        # Each fold has its own thresholds; they are in summary.json.
        path_points = zip(analysis.nested.false_positive_rate, analysis.nested.sensitivity, strict=True)
        rows.extend(("nested", None, None, *map(float, point)) for point in path_points)
    write_csv(path, columns, rows)


def _write_vertebra_roc(path: Path, analysis: VertebraAnalysis | None) -> None:
    columns = ["false_positive_rate", "sensitivity", "sensitivity_low", "sensitivity_high"]
    rows: list[list[float | None]] = []
    if analysis is not None:
        rows = np.column_stack([RATE_GRID, analysis.sensitivity]).tolist()
        band = [[None, None]] * len(rows) if analysis.bootstrap is None else analysis.bootstrap.band.T.tolist()
        rows = [[*row, *limits] for row, limits in zip(rows, band, strict=True)]
    write_csv(path, columns, rows)
