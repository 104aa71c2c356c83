"""The cohort of Nicolaes et al. 2019, section 2, as quotas.

The paper states 90 patients, 11 of them without a fracture; 969 vertebrae, over 75 % of them from T11 to S2; 184
fractures, of which 85 are mild, 64 moderate and 35 severe; more than two contiguous fractures in 18 % of the cases; and
a fractured neighbour for over 70 % of the fractures. It does not state which levels each case shows, nor the runs of
contiguous fractures. The quotas here are one choice that meets all of the numbers exactly.
"""

from dataset_conversion.phantom.settings.cohort import CompositionSettings

STATED = {
    "cases": 90,
    "cases_without_fracture": 11,
    "vertebrae": 969,
    "fractured": 184,
    "mild": 85,
    "moderate": 64,
    "severe": 35,
    "share_of_vertebrae_t11_to_s2": "> 0.75",
    "share_of_cases_with_more_than_two_contiguous": 0.18,
    "share_of_fractures_with_fractured_neighbour": "> 0.70",
}
"""The numbers of the paper, under the names of `cohort.json`."""

LEVEL_ODDS = (
    ("T1", 0.045),
    ("T2", 0.045),
    ("T3", 0.173),
    ("T4", 0.089),
    ("T5", 0.132),
    ("T6", 0.176),
    ("T7", 0.286),
    ("T8", 0.245),
    ("T9", 0.191),
    ("T10", 0.114),
    ("T11", 0.197),
    ("T12", 0.378),
    ("L1", 0.618),
    ("L2", 0.470),
    ("L3", 0.352),
    ("L4", 0.337),
    ("L5", 0.156),
)
"""Fractured vertebrae per normal one at each level, counted in the grades of VerSe'19 (Löffler et al. 2020)."""

PAPER = CompositionSettings(
    runs=(
        ((), 11),
        ((1,), 24),
        ((1, 1), 2),
        ((2,), 21),
        ((2, 1), 13),
        ((2, 1, 1), 1),
        ((2, 2), 2),
        ((3,), 5),
        ((3, 1), 2),
        ((4,), 5),
        ((4, 1), 1),
        ((5,), 3),
    ),
    fields=(
        ("T1", "S2", 2),
        ("T1", "L2", 3),
        ("T4", "L3", 2),
        ("T6", "S2", 4),
        ("T7", "S2", 6),
        ("T8", "S2", 12),
        ("T9", "S2", 17),
        ("T10", "S2", 21),
        ("T11", "S2", 17),
        ("T11", "L5", 1),
        ("T12", "L5", 5),
    ),
    grades=(85, 64, 35),
    level_odds=LEVEL_ODDS,
)
"""The quotas of the paper's cohort."""
