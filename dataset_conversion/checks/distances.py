"""Distances between centroids, and the room for vertebrae without one.

Assumes that centroids are centres of vertebral bodies in mm, named down the spine without a gap.

Limits:
    They are multiples of the distances in `anatomy`, and were set on the body centres of 1,947 spines with 15,715
    neighbours: VerSe'19 and '20, CT colonography and Pancreas-CT, as published by ImFusion (VID, CC BY-SA 4.0). There a
    neighbour lies at 0.43 to 2.20 of the expected distance, 99 % at 0.83 to 1.27, and the median of a spine is 0.80 to
    1.26 (mean 1.03, SD 0.07). The pairs outside `shortest` to `longest` belong to 12 spines (0.6 %), mostly with a
    level that was skipped.

Not seen:
    Names that are all shifted by one level change the distances by 3 %, less than one person differs from another.
    Points that are mirrored or shifted together keep their distances; see `rival_spaces` for these.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, pairwise, starmap
from typing import Annotated

import numpy as np
from pydantic import Field

from dataset_conversion.checks.problems import Problem, case_clause, pair_clause
from dataset_conversion.spine.anatomy import expected_spacing
from dataset_conversion.spine.errors import shortened_list
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS, are_neighbours, level_index
from dataset_conversion.spine.settings import settings
from dataset_conversion.spine.vertebra_table import Vertebra

_MEASURED = {("C1", "C2"): 17.2, ("C2", "C3"): 24.2}
"""Median distances in mm in the 1,947 spines where the table in `anatomy`, with C2 as its body only, has less."""

_LOWEST_EXPECTED = "L5"
"""Nobody expects a centroid below this level."""


@settings
class SpacingLimits:
    """Plausible distances between neighbouring centroids, as multiples of the expected distance.

    Attributes:
        shortest: Below this, one of the two is misplaced, or a name is skipped. A severe fracture brings neighbours to
            about 0.7.
        longest: Above this, a level is missing or misnamed.
        smallest_person: Least median over a case.
        largest_person: Largest median over a case. Beyond it, the CT's spacing or the unit of the centroids is wrong.
        smallest_mean: Least median over the cases of a cohort.
        largest_mean: Largest median over the cases of a cohort.
        smallest_possible: The distances of a case cannot all be smaller than this.
        largest_possible: They cannot all be larger than this.
        fewest_distances: Number of distances from which on a case has a median.
        fewest_cases: Number of cases from which on a cohort has a median.
        room: A body fits between an end of the image and the last centroid if there is this share of a distance.
    """

    shortest: Annotated[float, Field(gt=0, le=1)] = 0.65
    longest: Annotated[float, Field(ge=1)] = 1.5
    smallest_person: Annotated[float, Field(gt=0, le=1)] = 0.77
    largest_person: Annotated[float, Field(ge=1)] = 1.3
    smallest_mean: Annotated[float, Field(gt=0, le=1)] = 0.9
    largest_mean: Annotated[float, Field(ge=1)] = 1.17
    smallest_possible: Annotated[float, Field(gt=0, le=1)] = 0.2
    largest_possible: Annotated[float, Field(ge=1)] = 4.0
    fewest_distances: Annotated[int, Field(ge=1)] = 3
    fewest_cases: Annotated[int, Field(ge=1)] = 5
    room: Annotated[float, Field(ge=1)] = 1.4


def check_distances(cases: Mapping[str, Sequence[Vertebra]], limits: SpacingLimits) -> list[Problem]:
    """Find centroids that are out of order, too near or too far apart, and levels that are skipped.

    Args:
        cases: The vertebrae of each case in order down the spine.
        limits: Plausible distances.
    """
    problems = [problem for case in cases.values() for problem in _check_case(case, limits)]
    medians = {case_id: _median(case) for case_id, case in cases.items() if len(case) > limits.fewest_distances}
    if len(medians) < limits.fewest_cases:
        return problems
    typical = float(np.median(list(medians.values())))
    if limits.smallest_mean <= typical <= limits.largest_mean:
        return problems
    found = f"{len(medians)} cases: neighbouring centroids typically lie at {typical:.2f} of the distance in adults"
    expected = f"expected {limits.smallest_mean:g} to {limits.largest_mean:g}: check the spacing of the CTs"
    return [*problems, Problem("warning", f"{found}; {expected}")]


def check_room(
    cases: Mapping[str, Sequence[Vertebra]], images: Mapping[str, ImageHeader], room: float
) -> list[Problem]:
    """Warn of images in which another vertebra fits above or below the centroids; it would be trained as background.

    Args:
        cases: The vertebrae of each case in order down the spine.
        images: Header of each image by case id.
        room: Distance from the last centroid that must lie in the image, as a share of the distance to the next one.
    """
    beyond: dict[str, list[str]] = {}
    for case_id, case in cases.items():
        if len(case) < 2:
            continue
        for end, inner in ((case[0], case[1]), (case[-1], case[-2])):
            level = _next_level(end, inner)
            if level and images[case_id].contains([_beyond(end, inner, level, room)])[0]:
                beyond.setdefault(case_id, []).append(level)
    if not beyond:
        return []
    found = [f"{case_id} ({', '.join(levels)})" for case_id, levels in beyond.items()]
    clause = case_clause(len(beyond), shortened_list(found, 5))
    return [
        Problem(
            "warning",
            f"{clause}: the image has room for a further vertebra next to the annotated ones; expected every visible "
            "vertebra, because one without a centroid is background",
        )
    ]


def _check_case(case: Sequence[Vertebra], limits: SpacingLimits) -> list[Problem]:
    pairs = list(pairwise(case))
    problems = list(filter(None, chain(starmap(_out_of_order, pairs), starmap(_skipped, pairs))))
    if any(problem.severity == "error" for problem in problems) or not pairs:
        return problems
    as_a_whole = _check_scale(case, limits)
    single = [problem for upper, lower in pairs if (problem := _unlikely(upper, lower, limits))]
    return [*problems, *(as_a_whole or single)]


def _check_scale(case: Sequence[Vertebra], limits: SpacingLimits) -> list[Problem]:
    """Find a case whose distances are those of another unit, or of no adult."""
    median, ratios = _median(case), _ratios(case)
    found = f"case {case[0].case_id}: neighbouring centroids lie at {median:.2f} of the distance in adults (median)"
    if max(ratios) < limits.smallest_possible or min(ratios) > limits.largest_possible:
        return [Problem("error", f"{found}; expected millimetres: check the unit and the CT's spacing")]
    if len(ratios) >= limits.fewest_distances and not limits.smallest_person <= median <= limits.largest_person:
        expected = f"{limits.smallest_person:g} to {limits.largest_person:g}"
        return [Problem("warning", f"{found}; expected {expected}: check the CT's spacing and the levels")]
    return []


def _out_of_order(upper: Vertebra, lower: Vertebra) -> Problem | None:
    if lower.z < upper.z:
        return None
    expected = f"expected {lower.vertebra} nearer to the feet (smaller z)"
    return Problem("error", f"{pair_clause(upper, lower)} are out of order; {expected}")


def _skipped(upper: Vertebra, lower: Vertebra) -> Problem | None:
    first, last = level_index(upper.vertebra), level_index(lower.vertebra)
    between = [level for level in LEVELS[first + 1 : last] if level not in SUPERNUMERARY_LEVELS]
    distance, expected = _distance(upper, lower), _expected(upper, lower)
    is_variant = len(expected) > 1 and distance < sum(expected) / 2
    if not between or is_variant:
        return None
    levels = f"{between[0]} to {between[-1]}" if len(between) > 1 else between[0]
    found = f"case {upper.case_id}: no centroid for {levels} between {upper.vertebra} and {lower.vertebra}"
    return Problem("warning", f"{found}; expected every visible vertebra, because one without a centroid is background")


def _unlikely(upper: Vertebra, lower: Vertebra, limits: SpacingLimits) -> Problem | None:
    distance, expected = _distance(upper, lower), _expected(upper, lower)
    if limits.shortest * expected[0] <= distance <= limits.longest * expected[-1]:
        return None
    about = " or ".join(f"{value:.0f}" for value in expected)
    return Problem("warning", f"{pair_clause(upper, lower)} lie {distance:.1f} mm apart; expected about {about} mm")


def _expected(upper: Vertebra, lower: Vertebra) -> tuple[float, ...]:
    """Distance in mm with the levels between, after that of a spine that has none of them (T11 above L1)."""
    key = (upper.vertebra, lower.vertebra)
    whole = _MEASURED.get(key, expected_spacing(*key))
    above = next(level for level in LEVELS[level_index(key[1]) - 1 :: -1] if level not in SUPERNUMERARY_LEVELS)
    if not are_neighbours(*key) or level_index(above) <= level_index(key[0]):
        return (whole,)
    return expected_spacing(above, key[1]), whole


def _distance(upper: Vertebra, lower: Vertebra) -> float:
    return float(np.linalg.norm(np.subtract(upper.centroid, lower.centroid)))


def _median(case: Sequence[Vertebra]) -> float:
    return float(np.median(_ratios(case)))


def _ratios(case: Sequence[Vertebra]) -> list[float]:
    """The distances of neighbours as multiples of the nearest of their expected distances."""
    found = ([_distance(upper, lower) / mm for mm in _expected(upper, lower)] for upper, lower in pairwise(case))
    return [min(ratios, key=lambda ratio: abs(ratio - 1)) for ratios in found]


def _next_level(end: Vertebra, inner: Vertebra) -> str | None:
    """The level beyond the end of a case, away from `inner`; None beyond C1 and from L5 down."""
    index, inward = level_index(end.vertebra), level_index(inner.vertebra)
    step = 1 if index > inward else -1
    if step > 0 and index >= level_index(_LOWEST_EXPECTED):
        return None
    candidates = LEVELS[index + 1 :] if step > 0 else LEVELS[:index][::-1]
    return next((level for level in candidates if level not in SUPERNUMERARY_LEVELS), None)


def _beyond(end: Vertebra, inner: Vertebra, level: str, room: float) -> tuple[float, ...]:
    """A place beyond the end of the annotated spine, in its direction."""
    direction = np.subtract(end.centroid, inner.centroid)
    length = float(np.linalg.norm(direction)) or 1.0
    upper, lower = sorted((end.vertebra, level), key=level_index)
    return tuple(end.centroid + direction / length * room * expected_spacing(upper, lower))
