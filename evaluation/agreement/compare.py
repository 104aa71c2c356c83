"""How well two readers agree: kappa for any fracture and for grades, distances, and the list of disagreements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_csv
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture, read_vertebra_table
from evaluation.agreement.pairs import Pair, PairSettings, pair_readings, unshared_cases
from evaluation.settings import StatisticsSettings
from evaluation.statistics.bootstrap import draw_patients
from evaluation.statistics.ratios import mean_over_patients
from evaluation.statistics.roc import IntArray
from evaluation.vertebra.grading import Agreement, agreement

HIGHEST = 3
"""Stands for a fracture where only fractures and normal vertebrae are told apart. Quadratic kappa of two grades is
Cohen's kappa, whichever two they are."""

DISTANCE_PERCENTILES = (50, 95)

DISAGREEMENT_COLUMNS = (
    "case_id",
    "patient_id",
    "vertebra",
    "differs",
    "first_vertebra",
    "second_vertebra",
    "first_grade",
    "second_grade",
    "first_shape",
    "second_shape",
    "distance_mm",
    "x",
    "y",
    "z",
)


@dataclass(frozen=True)
class Comparison:
    """Two readers' tables compared.

    Attributes:
        pairs: All vertebrae of the cases that both annotated.
        summary: The numbers, for JSON.
    """

    pairs: tuple[Pair, ...]
    summary: dict[str, Any]


def read_tables(first: Path, second: Path) -> tuple[list[Vertebra], list[Vertebra]]:
    """Read the tables of two readers.

    Raises:
        InputError: If a table is invalid, or no case is in both; all problems at once.
    """
    tables: list[list[Vertebra]] = []
    problems: list[str] = []
    for path in (first, second):
        try:
            tables.append(read_vertebra_table(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    check_shared((first, second), tables)
    return tables[0], tables[1]


def check_shared(paths: Sequence[Path], tables: Sequence[Sequence[Vertebra]]) -> None:
    """Check that two readers have read the same CTs.

    Args:
        paths: Their tables, for the message.
        tables: The contents.

    Raises:
        InputError: If no case is in both.
    """
    first, second = ({mark.case_id for mark in table} for table in tables)
    if not first & second:
        raise InputError(f"{paths[0]} and {paths[1]}: no case in both; expected two readings of the same cases")


def compare(first: Path, second: Path, settings: PairSettings, statistics: StatisticsSettings) -> Comparison:
    """Compare the tables of two readers.

    Args:
        first: Table of the first reader.
        second: Table of the second.
        settings: When marks are of one vertebra, and when they differ.
        statistics: The replicates and the seed are used.

    Raises:
        InputError: As for `read_tables`.
    """
    tables = read_tables(first, second)
    pairs = tuple(pair_readings(*tables, settings))
    patients, patient = np.unique([pair.either.patient_id for pair in pairs], return_inverse=True)
    fractured = np.isin(np.arange(len(patients)), [at for at, pair in zip(patient, pairs, strict=True) if _any(pair)])
    weights = draw_patients(patients.tolist(), fractured, statistics.bootstrap_replicates, statistics.seed)
    graded = np.array([pair.is_graded for pair in pairs])
    summary = {
        "first": str(first),
        "second": str(second),
        "cases": len({pair.either.case_id for pair in pairs}),
        "patients": len(patients),
        "vertebrae": {
            "both": sum(pair.distance is not None for pair in pairs),
            "only_first": sum(pair.second is None for pair in pairs),
            "only_second": sum(pair.first is None for pair in pairs),
            "graded_by_both": int(graded.sum()),
        },
        "cases_of_one_reader": unshared_cases(*tables),
        **_grades(pairs, graded, patient, weights, settings.fracture_grade),
        "distance_mm": _distances(pairs, patient, weights),
        "disagreements": sum(bool(pair.differences(settings.far)) for pair in pairs),
        "settings": {"radius": settings.radius, "far": settings.far, "fracture_grade": settings.fracture_grade},
    }
    return Comparison(pairs, summary)


def write_disagreements(path: Path, pairs: Sequence[Pair], far: float) -> None:
    """Write the vertebrae about which the readers differ."""
    write_csv(path, DISAGREEMENT_COLUMNS, _rows(pairs, far))


def _rows(pairs: Sequence[Pair], far: float) -> Iterator[list[object]]:
    for pair in pairs:
        differs = pair.differences(far)
        if differs:
            either, distance = pair.either, pair.distance
            said = [
                getattr(mark, name, None)
                for name in ("vertebra", "grade", "shape")
                for mark in (pair.first, pair.second)
            ]
            apart = None if distance is None else round(distance, 1)
            place = [round(value, 1) for value in either.centroid]
            yield [either.case_id, either.patient_id, either.vertebra, " ".join(differs), *said, apart, *place]


def _any(pair: Pair) -> bool:
    """Whether a reader sees a fracture."""
    return any(mark is not None and bool(mark.grade) for mark in (pair.first, pair.second))


def _grades(
    pairs: Sequence[Pair], graded: np.ndarray, patient: IntArray, weights: IntArray, fracture_grade: int
) -> dict[str, Any]:
    """Agreement on the vertebrae that both readers graded."""
    both = [(pair.first, pair.second) for pair in pairs if pair.is_graded]
    if not both:
        return {"any_fracture": None, "grade": None}
    grades = np.array([[mark.grade for mark in marks if mark is not None] for marks in both], dtype=np.int64)
    fractures = np.vectorize(lambda grade: HIGHEST * bool(is_fracture(grade, fracture_grade)))(grades)
    own = patient[graded]
    any_fracture = agreement(fractures[:, 0], fractures[:, 1], own, weights)
    by_grade = agreement(grades[:, 0], grades[:, 1], own, weights)
    return {
        "any_fracture": {**_kappa(any_fracture), "agreement": any_fracture.exact},
        "grade": {
            **_kappa(by_grade),
            "agreement": by_grade.exact,
            "within_one": by_grade.within_one,
            "confusion": by_grade.confusion.tolist(),
        },
    }


def _kappa(found: Agreement) -> dict[str, Any]:
    return {"kappa": found.kappa, "ci95": None if found.ci95 is None else list(found.ci95)}


def _distances(pairs: Sequence[Pair], patient: IntArray, weights: IntArray) -> dict[str, Any] | None:
    """Distances of the marks of both readers."""
    known = np.array([pair.distance is not None for pair in pairs])
    if not known.any():
        return None
    distances = np.array([pair.distance for pair in pairs if pair.distance is not None])
    mean = mean_over_patients(distances, patient[known], weights)
    median, high = np.percentile(distances, DISTANCE_PERCENTILES).tolist()
    return {
        "mean": mean.estimate,
        "ci95": None if mean.ci95 is None else list(mean.ci95),
        "median": median,
        "percentile_95": high,
        "largest": float(distances.max()),
    }
