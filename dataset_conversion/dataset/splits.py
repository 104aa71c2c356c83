"""Stratified folds grouped by patient, the same on every machine."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.levels import WITHOUT_BODY
from dataset_conversion.spine.settings import settings
from dataset_conversion.spine.vertebra_table import Vertebra

UNGRADED = -1
"""The worst grade of a patient without any graded vertebra. Such a patient is not negative."""


@settings
class SplitSettings:
    """Cross-validation folds.

    Attributes:
        folds: Number of folds.
        least_negatives: Patients without a fracture that each fold must hold, where there are `enough_negatives`.
        enough_negatives: With this many patients without a fracture or more, a fold with fewer than `least_negatives`
            is an error.
        inner_share: Share of a fold's training patients that steers the training (Nicolaes et al. 2019: 15 %).
        seed: Seed of the shuffling; nnU-Net's own is 12345.
    """

    folds: Annotated[int, Field(ge=2)] = 5
    least_negatives: Annotated[int, Field(ge=0)] = 2
    enough_negatives: Annotated[int, Field(ge=0)] = 10
    inner_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    seed: Annotated[int, Field(ge=0)] = 12345


@dataclass(frozen=True)
class Patient:
    """A patient, as far as the folds are concerned.

    Attributes:
        patient_id: Name of the patient.
        cases: All case ids of the patient, sorted.
        worst: Highest Genant grade of a vertebra with a body, or `UNGRADED`.
    """

    patient_id: str
    cases: tuple[str, ...]
    worst: int

    def is_negative(self, fracture_grade: int) -> bool:
        """Whether the patient is graded and has no fracture."""
        return UNGRADED < self.worst < fracture_grade


def make_splits(
    vertebrae: Iterable[Vertebra], settings: SplitSettings, fracture_grade: int = 1
) -> list[dict[str, list[str]]]:
    """Divide the cases into folds, in the format of nnU-Net's `splits_final.json`.

    Patients are sorted by their worst grade, shuffled among equals, and assigned to the folds in turn. The folds'
    numbers of patients of each grade, and with and without a fracture, therefore differ by at most one. All cases of a
    patient stay together. Shuffling sorts by a hash of seed and patient id, so it does not depend on the version of a
    random generator.

    Args:
        vertebrae: The whole cohort.
        settings: Number of folds, and of negative patients that each must hold.
        fracture_grade: Lowest grade that is a fracture.

    Returns:
        For each fold, `{"train": [case ids], "val": [case ids]}`.

    Raises:
        InputError: If there are fewer patients than folds, or some folds would have too few negative patients.
    """
    patients = _sorted_patients(vertebrae, settings.seed)
    _check_counts(patients, settings, fracture_grade)
    held_out = [_cases(patients[fold :: settings.folds]) for fold in range(settings.folds)]
    everything = sorted(case for fold in held_out for case in fold)
    return [{"train": [case for case in everything if case not in set(val)], "val": val} for val in held_out]


def make_inner_splits(
    vertebrae: Iterable[Vertebra],
    splits: Iterable[dict[str, list[str]]],
    settings: SplitSettings,
    fracture_grade: int = 1,
) -> list[list[str]]:
    """For each fold, the training cases set apart to steer the training (paper: 15 % of the training folds).

    Patients with and without a fracture are drawn in proportion, at least one of each if another one remains for
    training. In both groups, patients sorted by their worst grade are taken at equal distances. A patient without any
    grade cannot steer and stays in the training.

    Args:
        vertebrae: The whole cohort.
        splits: The folds of `make_splits`.
        settings: Share and seed.
        fracture_grade: Lowest grade that is a fracture.
    """
    rows = list(vertebrae)
    chosen = []
    for split in splits:
        training = set(split["train"])
        graded = [
            patient
            for patient in _sorted_patients((row for row in rows if row.case_id in training), settings.seed)
            if patient.worst > UNGRADED
        ]
        chosen.append(_cases(_inner(graded, settings.inner_share, fracture_grade)))
    return chosen


def count_negatives(vertebrae: Iterable[Vertebra], fracture_grade: int = 1) -> int:
    """Number of patients who are graded and have no fracture."""
    return sum(patient.is_negative(fracture_grade) for patient in _sorted_patients(vertebrae, 0))


def _sorted_patients(vertebrae: Iterable[Vertebra], seed: int) -> list[Patient]:
    """The patients sorted by their worst grade, shuffled among equals."""
    cases: dict[str, set[str]] = {}
    worst: dict[str, int] = {}
    for vertebra in vertebrae:
        patient, unused = vertebra.patient_id, vertebra.vertebra in WITHOUT_BODY
        grade = UNGRADED if vertebra.grade is None or unused else vertebra.grade
        cases.setdefault(patient, set()).add(vertebra.case_id)
        worst[patient] = max(worst.get(patient, UNGRADED), grade)
    patients = [Patient(patient, tuple(sorted(own)), worst[patient]) for patient, own in cases.items()]
    return sorted(patients, key=lambda patient: (patient.worst, _shuffle_key(patient.patient_id, seed)))


def _inner(graded: Sequence[Patient], share: float, fracture_grade: int) -> list[Patient]:
    fractured = [patient for patient in graded if not patient.is_negative(fracture_grade)]
    negative = [patient for patient in graded if patient.is_negative(fracture_grade)]
    count = round(share * len(graded))
    of_fractured = _within(round(share * len(fractured)), len(fractured))
    of_negative = _within(count - of_fractured, len(negative))
    return [*_spread(fractured, of_fractured), *_spread(negative, of_negative)]


def _within(count: int, available: int) -> int:
    """At least one, but one fewer than are available."""
    return max(0, min(max(1, count), available - 1))


def _check_counts(patients: Sequence[Patient], settings: SplitSettings, fracture_grade: int) -> None:
    if len(patients) < settings.folds:
        raise InputError(f"{len(patients)} patients; expected at least {settings.folds} for {settings.folds} folds")
    negatives = sum(patient.is_negative(fracture_grade) for patient in patients)
    expected = settings.least_negatives * settings.folds
    if settings.enough_negatives <= negatives < expected:
        raise InputError(
            f"{negatives} patients without a fracture; expected {expected} for {settings.least_negatives} in each of "
            f"{settings.folds} folds"
        )


def _spread(patients: Sequence[Patient], count: int) -> list[Patient]:
    """Take `count` patients at equal distances."""
    return [patients[int((number + 0.5) * len(patients) / count)] for number in range(count)]


def _cases(patients: Iterable[Patient]) -> list[str]:
    return sorted(case for patient in patients for case in patient.cases)


def _shuffle_key(patient_id: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{patient_id}".encode()).hexdigest()
