"""Check the CTs, and that the table's centroids lie at vertebrae: in the CTs, or else in the maps themselves.

A table in another space than LPS mm can lie completely inside the maps, so voxels must decide; see `rival_spaces`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from dataset_conversion.spine.bone.vertebral_bone import ball
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture
from evaluation.cohort.cases import Case, EvaluationCohort
from evaluation.cohort.images import read_map
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map
from evaluation.maps.quantisation import dequantise

NORMAL_SUFFIX = "_normal.nii.gz"
"""Map of the class "normal" beside the map of fractures, as `predict` and training write it."""

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

EXPECTED = "expected the centres of vertebral bodies in LPS mm (vf_nnunet convert reads other spaces with --format)"


def check_places(cohort: EvaluationCohort, annotations: Path, images: Mapping[str, NiftiFile]) -> list[str]:
    """Compare the stated space of the centroids with its rivals, and check the CTs as `convert` and `predict` do.

    Args:
        cohort: The cases.
        annotations: The vertebra table, for messages.
        images: CT of each case, which is read once. Without CTs, the maps are looked at.

    Returns:
        Sentences about what is doubtful or could not be checked.

    Raises:
        InputError: If another space fits clearly better, or an image cannot be read completely or is not in HU; all
            problems at once.
    """
    return _check_in_images(cohort, annotations, images) if images else _check_in_maps(cohort, annotations)


def _check_in_images(cohort: EvaluationCohort, annotations: Path, images: Mapping[str, NiftiFile]) -> list[str]:
    fits: dict[str, CaseFit] = {}
    problems: list[str] = []
    for case in tqdm(cohort.cases, desc="checking CTs", unit="case", disable=None):
        try:
            fits[case.source.case_id] = _fit_in_image(images[case.source.case_id], _annotated(case))
        except InputError as error:
            problems.extend(error.problems)
    found = compare_spaces(fits) if fits else []
    problems += [f"{annotations}: {problem.describe()}; {EXPECTED}" for problem in found if problem.is_certain]
    if problems:
        raise InputError(problems)
    return [f"{annotations}: {problem.describe()}. Look at the pictures." for problem in found]


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


def _annotated(case: Case) -> tuple[Vertebra, ...]:
    return (*case.vertebrae, *case.ungraded)


def _sites(vertebrae: Sequence[Vertebra]) -> Sites:
    levels = tuple(vertebra.vertebra for vertebra in vertebrae)
    return Sites(levels, tuple(vertebra.centroid for vertebra in vertebrae), {})


def _check_in_maps(cohort: EvaluationCohort, annotations: Path) -> list[str]:
    """Compare the probability of a vertebra at the centroids with that at the same centroids in each rival space.

    Where all maps have a map of the class "normal" beside them, every vertebra counts. Otherwise only fractures do.
    """
    whole = all(_normal_map(case).is_file() for case in cohort.cases)
    kind = "vertebrae" if whole else "fractures"
    stated, rivals = _measure_maps(cohort.cases, whole)
    for name, values in sorted(rivals.items(), key=lambda item: -sum(item[1])):
        if _is_clearly_better(np.array(stated), np.array(values)):
            raise InputError(
                f"{annotations}: the maps' mean probability at the {len(stated)} {kind} is {np.mean(stated):.2f}, but "
                f"{np.mean(values):.2f} at the same centroids as {name}; {EXPECTED}"
            )
    if sum(value > DIFFERENCE for value in stated) < LEAST_LEAD:
        return [
            f"It could not be checked that the centroids of {annotations.name} lie at vertebrae: the maps show too few "
            f"of its {kind}. Give the CT images (--images) to check it."
        ]
    return []


def _measure_maps(cases: Sequence[Case], whole: bool) -> tuple[list[float], dict[str, list[float]]]:
    """Mean probability at all vertebrae, or at all fractures, as stated and in each rival space."""
    stated: list[float] = []
    rivals: dict[str, list[float]] = {}
    for case in tqdm(cases, desc="checking centroids", unit="case", disable=None):
        chosen = _annotated(case) if whole else [row for row in case.vertebrae if is_fracture(row.grade)]
        found, others = _measure_map(case, chosen, whole) if chosen else ([], {})
        stated += found
        for name, values in others.items():
            rivals.setdefault(name, []).extend(values)
    return stated, rivals


def _measure_map(case: Case, vertebrae: Sequence[Vertebra], whole: bool) -> tuple[list[float], dict[str, list[float]]]:
    """Mean probability at each centroid as stated, and in each rival space."""
    maps = [read_map(case), *([read_probability_map(_normal_map(case))] if whole else [])]
    points = [vertebra.centroid for vertebra in vertebrae]
    spaces = rival_points(points, maps[0].affine, maps[0].shape)
    return _means(maps, np.array(points)), {name: _means(maps, np.array(found)) for name, found in spaces.items()}


def _means(maps: Sequence[ProbabilityMap], points: FloatArray) -> list[float]:
    return [sum(_mean(probability_map, point) for probability_map in maps) for point in points]


def _mean(probability_map: ProbabilityMap, point: FloatArray) -> float:
    """Mean probability within `RADIUS` of a point; 0 outside the map."""
    index = np.rint(probability_map.world_to_index(point + ball(RADIUS))).astype(int)
    inside = ((index >= 0) & (index < probability_map.shape)).all(axis=1)
    values = dequantise(probability_map.quantised[tuple(index[inside].T)])
    return float(values.sum()) / len(index)


def _is_clearly_better(stated: FloatArray, rival: FloatArray) -> bool:
    gained, lost = int((rival - stated > DIFFERENCE).sum()), int((stated - rival > DIFFERENCE).sum())
    return gained - lost >= max(LEAST_LEAD, LEAST_SHARE * len(stated)) and lost <= LARGEST_LOSS * gained


def _normal_map(case: Case) -> Path:
    path = case.source.path
    return path.with_name(f"{case.source.case_id}{NORMAL_SUFFIX}")
