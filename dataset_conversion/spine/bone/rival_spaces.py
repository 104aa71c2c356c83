"""Whether centroids lie in vertebral bodies where their coordinates are said to be, or rather in another space.

A table of RAS coordinates that is taken for LPS can lie completely inside its images, so the voxels must decide. Every
centroid is looked at in the stated space and in its rivals. One centroid says little. The rule therefore counts all
vertebrae of a case, and of the cohort.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from dataset_conversion.spine.bone.endplates import between_endplates
from dataset_conversion.spine.bone.vertebral_bone import Point, Voxels, cortical_share, in_body
from dataset_conversion.spine.geometry import FloatArray, index_to_world, is_inside, world_to_index
from dataset_conversion.spine.settings import settings

NEAR_MM = 15.0
"""Half the width of a vertebral body. A rival space that moves the centroids of every case less than this is no other
space: the centroids are off the centre, and the rival happens to lie on its other side, as in an image that was cropped
around the spine."""

NO_BONE = 0.02
"""A share of cortical bone below this is noise."""

SHOWN = 5
"""Number of cases that a message names."""

_SIGNS = {
    "x and y with the opposite sign (RAS)": (-1, -1, 1),
    "x with the opposite sign": (-1, 1, 1),
    "y with the opposite sign": (1, -1, 1),
    "z with the opposite sign": (1, 1, -1),
}
_UNITS = {"centimetres": 10.0, "metres": 1000.0}
"""Millimetres in a unit."""
_ORDERS = {
    f"numbers in the order {order}": tuple("xyz".index(axis) for axis in order)
    for order in ("xzy", "yxz", "yzx", "zxy", "zyx")
}
"""By a space's name, which world axis each of the three numbers belongs to."""
_MIRRORED = {"x": 2, "y": 1, "z": 0}
"""Stored axis by its position in a (z, y, x) index."""


@settings
class RivalLimits:
    """When a rival space fits clearly better.

    Attributes:
        doubtful: With this share of centroids in bodies or less, a person should look.
        most_stated: Largest share of centroids in bodies at which another space can be preferred.
        least_rival: Least share of centroids in bodies of a rival that is preferred.
        least_lead: Number of vertebrae by which the rival must lead.
        least_centred: Least share of the centroids of a case that lie midway between two endplates.
        fewest_centred: Number of centroids from which on that share is judged.
    """

    doubtful: Annotated[float, Field(ge=0, lt=1)] = 0.7
    most_stated: Annotated[float, Field(ge=0, lt=1)] = 0.5
    least_rival: Annotated[float, Field(gt=0, le=1)] = 0.7
    least_lead: Annotated[int, Field(ge=1)] = 3
    least_centred: Annotated[float, Field(gt=0, le=1)] = 0.26
    fewest_centred: Annotated[int, Field(ge=1)] = 4


@dataclass(frozen=True)
class Sites:
    """The centroids of a case in several spaces.

    Attributes:
        levels: Level of each vertebra.
        stated: (x, y, z) of each in LPS mm, as the input states them.
        rivals: By the name of another space, the same centroids read in it, in LPS mm.
    """

    levels: tuple[str, ...]
    stated: tuple[Point, ...]
    rivals: Mapping[str, Sequence[Point]]


@dataclass(frozen=True)
class CaseFit:
    """Which centroids of a case lie in a vertebral body.

    Attributes:
        stated: For each vertebra, in the stated space. Vertebrae that cannot be judged are left out.
        rivals: The same vertebrae in each other space.
        is_bare: Whether there is no bone near any of the stated centroids.
        centred: For each vertebra that can be judged, whether it lies midway between two endplates.
        near: The spaces that move the centroids less than `NEAR_MM` (median).
    """

    stated: tuple[bool, ...]
    rivals: Mapping[str, tuple[bool, ...]]
    is_bare: bool
    centred: tuple[bool, ...] = ()
    near: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SpaceProblem:
    """Centroids that do not lie in the middle of vertebral bodies.

    Attributes:
        cases: The cases concerned.
        vertebrae: Number of centroids that could be judged.
        stated: How many of them lie in a body.
        rival: Name of the space that fits better, None if there is none.
        in_rival: How many lie in a body there.
        is_bare: Whether there is no bone at all near any of the stated centroids.
        is_off_level: Whether `stated` counts the centroids midway between two endplates instead.
    """

    cases: tuple[str, ...]
    vertebrae: int
    stated: int
    rival: str | None = None
    in_rival: int = 0
    is_bare: bool = False
    is_off_level: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether the centroids are wrong: another space fits clearly better, or there is no bone near any of them."""
        return self.rival is not None or self.is_bare

    def describe(self) -> str:
        """The cases and the numbers, as a clause."""
        names = ", ".join([*self.cases[:SHOWN], *(["..."] if len(self.cases) > SHOWN else [])])
        cases = "1 case" if len(self.cases) == 1 else f"{len(self.cases)} cases"
        place = "midway between two endplates" if self.is_off_level else "in a vertebral body"
        found = f"{self.stated} of {self.vertebrae} centroids in {cases} ({names}) lie {place}"
        judged = f"{found}, judged by the HU around them{' (no bone nearby)' if self.is_bare else ''}"
        return judged if self.rival is None else f"{judged}, but {self.in_rival} as {self.rival}"


def rival_points(points: Sequence[Point], affine: FloatArray, shape: Sequence[int]) -> dict[str, list[Point]]:
    """The usual mistakes: other signs, units or orders, voxel indices, and axes counted from the image's other end.

    Args:
        points: (x, y, z) in LPS mm.
        affine: Voxel index (x, y, z) to LPS mm.
        shape: Voxels along (z, y, x).

    Returns:
        The points of each space in LPS mm, by the space's name.
    """
    stated = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    spaces: dict[str, FloatArray] = {name: stated * signs for name, signs in _SIGNS.items()}
    spaces |= {name: stated * millimetres for name, millimetres in _UNITS.items()}
    spaces |= {name: stated[:, np.argsort(order)] for name, order in _ORDERS.items()}
    spaces["voxel indices"] = index_to_world(affine, stated[:, ::-1])
    for name, axis in _MIRRORED.items():
        index = world_to_index(affine, stated)
        index[:, axis] = shape[axis] - 1 - index[:, axis]
        spaces[f"counted from the other end of the image along its axis {name}"] = index_to_world(affine, index)
    return {name: [tuple(point) for point in found.tolist()] for name, found in spaces.items()}


def count_inside(cases: Iterable[tuple[Sequence[Point], FloatArray, Sequence[int]]]) -> str | None:
    """A clause about a rival space in which all centroids lie inside their images, if the stated one has some outside.

    Args:
        cases: For each image the (x, y, z) of its centroids in LPS mm, its affine, and its voxels along (z, y, x).
    """
    counts: Counter[str] = Counter()
    for points, affine, shape in cases:
        for name, found in {"": points, **rival_points(points, affine, shape)}.items():
            counts[name] += int(is_inside(shape, world_to_index(affine, found)).sum())
        counts["of"] += len(points)
    fitting = [name for name in counts if name not in ("", "of") and counts[name] == counts["of"]]
    if not fitting or counts[""] == counts["of"]:
        return None
    return f"{counts['']} of {counts['of']} centroids lie inside their images, but all of them as {fitting[0]}"


def measure_case(voxels: Voxels, affine: FloatArray, sites: Sites) -> CaseFit:
    """Look at the voxels around each centroid of a case.

    Args:
        voxels: HU (z, y, x).
        affine: Voxel index (x, y, z) to LPS mm.
        sites: The centroids. A rival centroid at or beyond the image's border does not lie in a body.
    """
    judged = [in_body(voxels, affine, level, point) for level, point in zip(sites.levels, sites.stated, strict=True)]
    known = [number for number, found in enumerate(judged) if found is not None]
    # Given rivals come first: of equally good ones the first is named.
    spaces = {**sites.rivals, **rival_points(sites.stated, affine, voxels.shape), **sites.rivals}
    rivals = {
        name: tuple(bool(in_body(voxels, affine, sites.levels[number], points[number])) for number in known)
        for name, points in spaces.items()
    }
    near = (cortical_share(voxels, affine, sites.stated[number]) for number in known)
    return CaseFit(
        stated=tuple(bool(judged[number]) for number in known),
        rivals=rivals,
        is_bare=all(share < NO_BONE for share in near),
        centred=_judged(between_endplates(voxels, affine, sites.levels, sites.stated)),
        near=_near(sites.stated, spaces),
    )


def _near(stated: Sequence[Point], spaces: Mapping[str, Sequence[Point]]) -> frozenset[str]:
    """The spaces in which the median centroid moves less than `NEAR_MM`."""
    if not stated:
        return frozenset()
    distances = {name: np.linalg.norm(np.subtract(stated, points), axis=1) for name, points in spaces.items()}
    return frozenset(name for name, moved in distances.items() if np.median(moved) < NEAR_MM)


def _judged(found: Iterable[bool | None]) -> tuple[bool, ...]:
    return tuple(value for value in found if value is not None)


def compare_spaces(cases: Mapping[str, CaseFit], limits: RivalLimits | None = None) -> list[SpaceProblem]:
    """Find out whether the cohort, or single cases, are given in another space than stated.

    A rival that fits the whole cohort clearly better is the only problem then. Otherwise the cases are judged one by
    one, because each can have a mistake of its own. Fewer vertebrae than `least_lead` are only enough if there is no
    bone at all near their stated places. Without a better rival, `least_lead` centroids without any bone near them are
    wrong as well. The other cases with few centroids in bodies are one doubtful problem: perhaps they are misplaced,
    perhaps metal or disease makes the bodies unlike others. Cases whose centroids lie in bodies or discs, but off the
    middle between the endplates, are another.

    Args:
        cases: The fit of each case by case id.
        limits: When a rival fits clearly better.
    """
    limits = limits or RivalLimits()
    whole = _find_problem(cases, limits)
    if whole is not None and whole.rival is not None:
        return [whole]
    found = list(filter(None, (_find_problem({case_id: fit}, limits) for case_id, fit in cases.items())))
    certain = [problem for problem in found if problem.is_certain]
    return [*certain, *_together(found), *_off_level(_without(cases, found), limits)]


def _without(cases: Mapping[str, CaseFit], problems: Iterable[SpaceProblem]) -> dict[str, tuple[bool, ...]]:
    """Which centroids are centred, in the cases that have no problem."""
    named = {case_id for problem in problems for case_id in problem.cases}
    return {case_id: fit.centred for case_id, fit in cases.items() if case_id not in named}


def _find_problem(cases: Mapping[str, CaseFit], limits: RivalLimits) -> SpaceProblem | None:
    """The problem of some cases as a whole, if they have one."""
    fits = list(cases.values())
    stated = _joined(fit.stated for fit in fits)
    if not stated or sum(stated) > limits.doubtful * len(stated):
        return None
    is_bare = not any(stated) and all(fit.is_bare for fit in fits)
    name, count = _best_rival(fits)
    if _is_clearly_better(len(stated), sum(stated), count, is_bare, limits):
        return SpaceProblem(tuple(cases), len(stated), sum(stated), name, count, is_bare)
    if len(stated) < limits.least_lead:
        return SpaceProblem(tuple(cases), len(stated), sum(stated)) if is_bare else None
    return SpaceProblem(tuple(cases), len(stated), sum(stated), is_bare=is_bare)


def _best_rival(fits: Sequence[CaseFit]) -> tuple[str | None, int]:
    """The space with most centroids in bodies, among those that all cases have and that are not near; their number."""
    near = frozenset.intersection(*(fit.near for fit in fits))
    shared = [name for name in fits[0].rivals if name not in near and all(name in fit.rivals for fit in fits)]
    counts = {name: sum(_joined(fit.rivals[name] for fit in fits)) for name in shared}
    return max(counts.items(), key=lambda item: item[1], default=(None, 0))


def _together(problems: Iterable[SpaceProblem]) -> list[SpaceProblem]:
    """The problems that are not certain, as one."""
    doubtful = [problem for problem in problems if not problem.is_certain]
    if not doubtful:
        return []
    cases = tuple(case_id for problem in doubtful for case_id in problem.cases)
    vertebrae, stated = (sum(getattr(problem, name) for problem in doubtful) for name in ("vertebrae", "stated"))
    return [SpaceProblem(cases, vertebrae, stated)]


def _off_level(cases: Mapping[str, Sequence[bool]], limits: RivalLimits) -> list[SpaceProblem]:
    """The cases of which too few centroids lie midway between two endplates, as one problem."""
    found = {
        case_id: centred
        for case_id, centred in cases.items()
        if len(centred) >= limits.fewest_centred and sum(centred) < limits.least_centred * len(centred)
    }
    if not found:
        return []
    joined = _joined(found.values())
    return [SpaceProblem(tuple(found), len(joined), sum(joined), is_off_level=True)]


def _is_clearly_better(vertebrae: int, stated: int, rival: int, is_bare: bool, limits: RivalLimits) -> bool:
    if vertebrae < limits.least_lead:
        return is_bare and rival == vertebrae
    if stated > limits.most_stated * vertebrae:
        return False
    return rival >= limits.least_rival * vertebrae and rival - stated >= limits.least_lead


def _joined(parts: Iterable[Sequence[bool]]) -> list[bool]:
    return [found for part in parts for found in part]
