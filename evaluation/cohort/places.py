"""Check the CTs, and that the table's centroids lie at vertebrae in the CTs and in the maps.

A table in another space than LPS mm can lie completely inside the maps, so voxels must decide; see `rival_spaces`. A
map of another case, or one that is flipped, does not show a vertebra at the centroids either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.bone.hounsfield import check_hounsfield
from dataset_conversion.spine.bone.rival_spaces import (
    CaseFit,
    Sites,
    compare_spaces,
    measure_case,
    rival_points,
)
from dataset_conversion.spine.bone.vertebral_bone import Point, ball
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, index_to_world
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture
from evaluation.cohort.cases import Case, EvaluationCohort
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap, open_probability_map
from evaluation.maps.quantisation import dequantise

RADIUS = 6.0
"""The probability of a vertebra is averaged over a ball of this radius in mm."""
DIFFERENCE = 0.1
"""Two places differ if their probabilities differ by more than this."""
LEAST_LEAD = 3
"""Number of vertebrae by which a rival space must lead before it is preferred."""
LEAST_SHARE = 0.3
"""Share of the vertebrae by which it must lead."""
LARGEST_LOSS = 0.25
"""Share of its lead that a rival may lose at other vertebrae."""

BEYOND = 5.0
"""mm by which a map may extend beyond its CT, for rounding to whole voxels."""
SHOWS = 0.5
"""Least mean probability of a vertebra that a map shows."""
FEW, MOST = 1 / 3, 2 / 3
"""A case whose map shows less than the first share of its vertebrae is doubtful if most maps show more than the
second."""

EXPECTED = "expected the centres of vertebral bodies in LPS mm (vf_nnunet convert reads other spaces with --format)"


def check_cts(cohort: EvaluationCohort, annotations: Path, images: Mapping[str, NiftiFile]) -> list[str]:
    """Check the CTs as `convert` and `predict` do, and compare the stated space of the centroids with its rivals.

    Args:
        cohort: The cases.
        annotations: The vertebra table, for messages.
        images: CT of each case, which is read once; empty if there are none.

    Returns:
        Sentences about what is doubtful.

    Raises:
        InputError: If another space fits clearly better, or an image cannot be read completely or is not in HU; all
            problems at once.
    """
    fits: dict[str, CaseFit] = {}
    problems: list[str] = []
    doubts: list[str] = []
    for case in tqdm(cohort.cases if images else (), desc="checking CTs", unit="case", disable=None):
        image = images[case.source.case_id]
        doubts += _beyond_image(case, image)
        try:
            fits[case.source.case_id] = _fit_in_image(image, case.annotated)
        except InputError as error:
            problems.extend(error.problems)
    found = compare_spaces(fits) if fits else []
    problems += [f"{annotations}: {problem.describe()}; {EXPECTED}" for problem in found if problem.is_certain]
    if problems:
        raise InputError(problems)
    return [*doubts, *(f"{annotations}: {problem.describe()}. Look at the pictures." for problem in found)]


def _fit_in_image(image: NiftiFile, vertebrae: Sequence[Vertebra]) -> CaseFit:
    """Which centroids lie in a vertebral body of a CT.

    Raises:
        InputError: If the CT cannot be read completely or is not in HU.
    """
    voxels = image.read()
    broken = voxels.size - int(np.count_nonzero(np.isfinite(voxels)))
    if broken:
        raise InputError(f"{image.path}: {broken} of {voxels.size} voxels are NaN or infinite; expected finite HU")
    problems = check_hounsfield(voxels)
    if problems:
        raise InputError([f"{image.path}: {problem}" for problem in problems])
    return measure_case(voxels, image.affine, _sites(vertebrae))


def _sites(vertebrae: Sequence[Vertebra]) -> Sites:
    levels = tuple(vertebra.vertebra for vertebra in vertebrae)
    return Sites(levels, tuple(vertebra.centroid for vertebra in vertebrae), {})


def _beyond_image(case: Case, image: NiftiFile) -> list[str]:
    """A sentence if the map extends beyond the CT, as that of another case does."""
    opened = open_probability_map(case.source.path, case.source.label)
    ends = [_extent(grid.affine, grid.shape) for grid in (opened, image)]
    beyond = float(np.maximum(ends[1][0] - ends[0][0], ends[0][1] - ends[1][1]).max())
    if beyond <= BEYOND:
        return []
    return [f"{opened.path} extends {beyond:.0f} mm beyond {image.path.name}. Check that both are of the same case."]


def _extent(affine: FloatArray, shape: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """The lowest and the highest coordinates (x, y, z) of an image's voxel centres, LPS mm."""
    corners = index_to_world(affine, list(product(*((0, size - 1) for size in shape))))
    return corners.min(axis=0), corners.max(axis=0)


@dataclass(frozen=True)
class MapFit:
    """Mean probability of a vertebra at the centroids of a case.

    Attributes:
        stated: (centroids,), in the stated space.
        fractured: (centroids,), whether the vertebra is fractured.
        rivals: The same centroids in each other space.
    """

    stated: tuple[float, ...]
    fractured: tuple[bool, ...]
    rivals: Mapping[str, tuple[float, ...]]


def fit_in_map(case: Case, probability_map: ProbabilityMap, normal: ProbabilityMap | None) -> MapFit:
    """Look at the probability of a vertebra around each centroid.

    Args:
        case: The case.
        probability_map: Its map of fractures.
        normal: Its map of normal vertebrae, with which every vertebra counts; without it only fractures do.
    """
    chosen = [row for row in case.vertebrae if is_fracture(row.grade)] if normal is None else case.annotated
    maps = [probability_map] if normal is None else [probability_map, normal]
    points = [vertebra.centroid for vertebra in chosen]
    spaces = rival_points(points, probability_map.affine, probability_map.shape)
    return MapFit(
        stated=_means(maps, points),
        fractured=tuple(bool(is_fracture(vertebra.grade)) for vertebra in chosen),
        rivals={name: _means(maps, found) for name, found in spaces.items()},
    )


def check_map_fits(
    cases: Sequence[Case], fits: Sequence[MapFit], whole: bool, annotations: Path, seen_in_cts: bool
) -> list[str]:
    """Compare the probability of a vertebra at the centroids with that at the same centroids in each rival space.

    Args:
        cases: The cases.
        fits: The fit of each case.
        whole: Whether every vertebra counts, because all cases have a map of normal vertebrae.
        annotations: The vertebra table, for messages.
        seen_in_cts: Whether the centroids lie at vertebrae of the CTs.

    Returns:
        Sentences about what is doubtful or could not be checked.

    Raises:
        InputError: If another space fits clearly better.
    """
    kind = "vertebrae" if whole else "fractures"
    stated = _joined(fit.stated for fit in fits)
    name, values = _better_space(stated, fits)
    if name:
        raise InputError(
            f"{annotations}: the maps' mean probability at the {len(stated)} {kind} is {stated.mean():.2f}, but "
            f"{values.mean():.2f} at the same centroids as {name}; "
            f"{'expected maps of the same space as the CTs' if seen_in_cts else EXPECTED}"
        )
    unseen = [] if seen_in_cts or np.count_nonzero(stated > DIFFERENCE) >= LEAST_LEAD else [_unseen(annotations, kind)]
    return [*(_other_cases(cases, fits) if whole else []), *unseen]


def _better_space(stated: FloatArray, fits: Sequence[MapFit]) -> tuple[str, FloatArray]:
    """The best of the spaces that fit clearly better, with the probabilities there; no name if there is none."""
    rivals = {name: _joined(fit.rivals[name] for fit in fits) for name in fits[0].rivals}
    for name, values in sorted(rivals.items(), key=lambda item: -float(item[1].sum())):
        if _is_clearly_better(stated, values):
            return name, values
    return "", stated


def _unseen(annotations: Path, kind: str) -> str:
    return (
        f"It could not be checked that the centroids of {annotations.name} lie at vertebrae: the maps show too few of "
        f"its {kind}. Give the CT images (--images) to check it."
    )


def _other_cases(cases: Sequence[Case], fits: Sequence[MapFit]) -> list[str]:
    """Sentences about cases whose maps show few of their vertebrae, or none of their fractures, unlike most cases."""
    shares = [_share(fit.stated, SHOWS) for fit in fits]
    if float(np.median(shares)) <= MOST:
        return []
    doubts: list[str] = []
    for case, fit, share in zip(cases, fits, shares, strict=True):
        fractures = [value for value, fractured in zip(fit.stated, fit.fractured, strict=True) if fractured]
        if share < FEW and len(fit.stated) >= LEAST_LEAD:
            found = f"a vertebra at {share:.0%} of {len(fit.stated)} centroids, but most maps at more than {MOST:.0%}"
        elif fractures and not _share(fractures, DIFFERENCE):
            found = f"no vertebra at any of {len(fractures)} fractures, neither a fractured nor a normal one"
        else:
            continue
        doubts.append(f"{case.source.path} shows {found}. Check that it is the map of case {case.source.case_id}.")
    return doubts


def _share(values: Sequence[float], least: float) -> float:
    return float(np.mean(np.array(values) > least))


def _joined(parts: Iterable[Sequence[float]]) -> FloatArray:
    return np.array([value for part in parts for value in part], dtype=np.float64)


def _means(maps: Sequence[ProbabilityMap], points: Sequence[Point]) -> tuple[float, ...]:
    return tuple(sum(_mean(probability_map, point) for probability_map in maps) for point in points)


def _mean(probability_map: ProbabilityMap, point: Point) -> float:
    """Mean probability within `RADIUS` of a point; 0 outside the map."""
    index = np.rint(probability_map.world_to_index(np.asarray(point) + ball(RADIUS))).astype(int)
    inside = ((index >= 0) & (index < probability_map.shape)).all(axis=1)
    values = dequantise(probability_map.quantised[tuple(index[inside].T)])
    return float(values.sum()) / len(index)


def _is_clearly_better(stated: FloatArray, rival: FloatArray) -> bool:
    gained, lost = int((rival - stated > DIFFERENCE).sum()), int((stated - rival > DIFFERENCE).sum())
    return gained - lost >= max(LEAST_LEAD, LEAST_SHARE * len(stated)) and lost <= LARGEST_LOSS * gained
