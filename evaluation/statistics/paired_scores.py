"""Pairing of the scores of two detectors, which must have scored the same cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dataset_conversion.spine.errors import InputError
from evaluation.statistics.scores import CohortScores, VertebraScores

VertebraKey = tuple[str, str]


def pair(first: CohortScores, second: CohortScores) -> CohortScores:
    """The second detector's scores in the order of the first's.

    Raises:
        InputError: If a patient or vertebra is scored by only one of the two, or fractured for only one of them; all
            problems at once.
    """
    keys, others = _keys(first.vertebrae), _keys(second.vertebrae)
    problems = _differences("patient", _patients(first), _patients(second))
    problems += _differences("vertebra", _outcomes(keys, first.vertebrae), _outcomes(others, second.vertebrae))
    if problems:
        raise InputError(problems)
    # Patients are sorted by name in both. The order of the vertebrae is that of the table.
    position = {key: row for row, key in enumerate(others)}
    order = np.array([position[key] for key in keys])
    return replace(second, vertebrae=replace(first.vertebrae, scores=second.vertebrae.scores[order]))


def _keys(vertebrae: VertebraScores) -> list[VertebraKey]:
    return list(zip(vertebrae.case_id, vertebrae.vertebra, strict=True))


def _outcomes(keys: list[VertebraKey], vertebrae: VertebraScores) -> dict[str, bool]:
    names = (f"{level} of case {case_id}" for case_id, level in keys)
    return dict(zip(names, vertebrae.fracture.tolist(), strict=True))


def _patients(scores: CohortScores) -> dict[str, bool]:
    return dict(zip(scores.patients.patient_id, scores.patients.fracture.tolist(), strict=True))


def _differences(unit: str, first: Mapping[str, bool], second: Mapping[str, bool]) -> list[str]:
    return [
        *(
            f"{unit} {name}: scored by the first detector only; expected by both"
            for name in first
            if name not in second
        ),
        *(
            f"{unit} {name}: scored by the second detector only; expected by both"
            for name in second
            if name not in first
        ),
        *(
            f"{unit} {name}: {_outcome(first[name])} for the first detector, {_outcome(second[name])} for the second; "
            "expected the same annotations for both"
            for name in first
            if name in second and first[name] != second[name]
        ),
    ]


def _outcome(fracture: bool) -> str:
    return "with a fracture" if fracture else "without a fracture"
