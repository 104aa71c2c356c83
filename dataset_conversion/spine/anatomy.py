"""The size of vertebral bodies and the distances between their centroids.

Sources:
    Body sizes: Panjabi et al. 1991 (Spine 16:861, cervical; Spine 16:888, thoracic) and 1992 (Spine 17:299, lumbar):
    width and depth of the upper endplate and posterior height of the body.
    Distances: mean centroid distances of 166 CT scans of VerSe'19 and VerSe'20 (Sekuboyina et al. 2021), T1 to L5,
    computed from the landmark tables published with Payer et al. 2020.
"""

from dataclasses import dataclass
from itertools import pairwise

from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS, level_index

HEIGHT_SCALE = 1.07
"""Panjabi's heights (dry specimens) plus disc heights are 5 to 10 % less than the distances measured in VerSe."""


@dataclass(frozen=True)
class BodySize:
    """Size of a vertebral body in mm.

    Attributes:
        width: Left-right, at the upper endplate.
        depth: Anterior-posterior, at the upper endplate.
        height: Longitudinal, at the posterior wall.
    """

    width: float
    depth: float
    height: float


# Width, depth and height as measured, before HEIGHT_SCALE. C1 has no body: its values span anterior arch and dens.
# C2 is the body without the dens, T13 and L6 repeat the level above, S1 and S2 are rough means of adult sacra.
_MEASURED: dict[str, tuple[float, float, float]] = {
    "C1": (14.0, 14.0, 10.0),
    "C2": (17.5, 15.6, 15.0),
    "C3": (15.8, 15.0, 11.6),
    "C4": (17.2, 15.3, 11.4),
    "C5": (17.5, 15.2, 11.4),
    "C6": (18.5, 16.4, 10.9),
    "C7": (21.8, 18.1, 12.8),
    "T1": (24.5, 18.5, 14.1),
    "T2": (24.9, 19.6, 15.6),
    "T3": (24.6, 22.7, 15.7),
    "T4": (24.5, 23.3, 16.2),
    "T5": (24.9, 24.3, 16.2),
    "T6": (26.2, 26.0, 17.4),
    "T7": (27.8, 27.4, 18.2),
    "T8": (29.5, 27.9, 18.7),
    "T9": (30.6, 29.3, 19.3),
    "T10": (31.9, 30.5, 20.2),
    "T11": (34.9, 31.9, 21.3),
    "T12": (39.0, 32.8, 22.7),
    "T13": (39.0, 32.8, 22.7),
    "L1": (41.2, 34.1, 23.8),
    "L2": (42.6, 34.6, 24.3),
    "L3": (44.1, 35.2, 23.8),
    "L4": (46.6, 35.5, 24.1),
    "L5": (47.3, 34.7, 22.9),
    "L6": (47.3, 34.7, 22.9),
    "S1": (50.0, 34.0, 25.0),
    "S2": (40.0, 25.0, 23.0),
}

# Distance from each level to the next regular one below it, in mm. T1 to L5 measured. The cervical values are Panjabi's
# heights plus a disc of about 5 mm; L5 to S1 and S1 to S2 are half heights plus disc, in the same way.
_SPACING_BELOW: dict[str, float] = {
    "C1": 15.0,
    "C2": 18.0,
    "C3": 17.0,
    "C4": 17.0,
    "C5": 17.0,
    "C6": 17.5,
    "C7": 19.5,
    "T1": 20.7,
    "T2": 21.6,
    "T3": 21.7,
    "T4": 22.1,
    "T5": 22.9,
    "T6": 23.1,
    "T7": 23.7,
    "T8": 24.4,
    "T9": 25.4,
    "T10": 27.2,
    "T11": 29.6,
    "T12": 31.4,
    "T13": 31.4,
    "L1": 33.2,
    "L2": 34.2,
    "L3": 34.5,
    "L4": 32.7,
    "L5": 32.0,
    "L6": 32.0,
    "S1": 28.0,
}

# The step into a supernumerary level repeats the step one level above it or, for T13, lies between its two neighbours.
_SPACING_INTO: dict[str, float] = {"T13": 30.5, "L6": 32.7}


def body_size(level: str) -> BodySize:
    """Mean adult size of a level's body in mm; see the module for the sources.

    Raises:
        KeyError: If it is not one of `LEVELS`.
    """
    width, depth, height = _MEASURED[level]
    return BodySize(width=width, depth=depth, height=height * HEIGHT_SCALE)


def expected_spacing(upper: str, lower: str) -> float:
    """Mean distance in mm between the centroids of two levels, along the spine; see the module for the sources.

    For levels that are not neighbours, the steps between them are added up. T13 and L6 count only if they are named.

    Args:
        upper: The level nearer to the head.
        lower: The level nearer to the feet.

    Raises:
        ValueError: If one of them is not in `LEVELS`, or `lower` is not below `upper`.
    """
    first, last = level_index(upper), level_index(lower)
    if last <= first:
        raise ValueError(f"expected spacing: {lower} is not below {upper}")
    between = [level for level in LEVELS[first + 1 : last] if level not in SUPERNUMERARY_LEVELS]
    path = [upper, *between, lower]
    return sum(_SPACING_INTO.get(below, _SPACING_BELOW[above]) for above, below in pairwise(path))
