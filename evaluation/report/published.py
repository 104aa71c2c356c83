"""Published results, for orientation only: all of these numbers come from other patients."""

from __future__ import annotations

from dataclasses import dataclass

WARNING = "different patients, inclusion and grading: not a ranking"

PATIENT_AUC = "0.95 ± 0.02"
"""Nicolaes et al. 2019, patient level, on their own 90 patients."""

VERTEBRA_AUC = "0.93 ± 0.01"
"""Nicolaes et al. 2019, vertebra level."""


@dataclass(frozen=True)
class PublishedPoint:
    """A published operating point at patient level.

    Attributes:
        work: Authors, year and, if only some grades count as fractures, these grades.
        sensitivity: 0 to 1.
        specificity: 0 to 1.
    """

    work: str
    sensitivity: float
    specificity: float


PATIENT_POINTS = (
    PublishedPoint("Nicolaes et al. 2019", 0.905, 0.938),
    PublishedPoint("Bar et al. 2017", 0.839, 0.938),
    PublishedPoint("Burns et al. 2017", 0.987, 0.773),
    PublishedPoint("Kolanu et al. 2020", 0.54, 0.92),
    PublishedPoint("Page et al. 2023", 0.66, 0.90),
    PublishedPoint("Zakharov et al. 2023, VerSe", 0.85, 0.90),
    PublishedPoint("Wiklund et al. 2024, grades 2-3", 0.852, 0.923),
)
"""As reported in each work; Bar et al. as quoted by Nicolaes et al. 2019."""


@dataclass(frozen=True)
class PublishedDetection:
    """A published point of a free-response curve.

    Attributes:
        work: Authors and year.
        sensitivity: Share of fractures found.
        false_positives_per_scan: Mean number of false positives.
    """

    work: str
    sensitivity: float
    false_positives_per_scan: float


FREE_RESPONSE_POINT = PublishedDetection("Burns et al. 2017", 0.957, 0.29)
"""201 of 210 fractures in 150 patients, Radiology 284 (2017) 788-797."""
