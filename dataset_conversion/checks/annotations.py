"""Checks of annotations against each other and against their images, before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dataset_conversion.spine.anatomy import expected_spacing
from dataset_conversion.spine.bone.rival_spaces import count_inside
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.settings import settings
from dataset_conversion.spine.vertebra_table import Vertebra, by_case


@dataclass(frozen=True)
class Problem:
    """One problem of the input. An error stops the conversion; a warning is recorded in the report."""

    severity: Literal["error", "warning"]
    message: str


@settings
class SpacingLimits:
    """Plausible distances between neighbouring centroids, as multiples of the expected distance.

    Attributes:
        shortest: Below this, one of the two is misplaced. A severe fracture brings neighbours to about 0.7.
        longest: Above this, a level is missing or misnamed.
    """

    shortest: Annotated[float, Field(gt=0, le=1)] = 0.5
    longest: Annotated[float, Field(ge=1)] = 2.0


def check_annotations(
    vertebrae: Sequence[Vertebra], images: Mapping[str, ImageHeader], limits: SpacingLimits
) -> list[Problem]:
    """Find centroids that lie outside their image, out of order, or too near or too far apart."""
    problems: list[Problem] = []
    for case_id, case in by_case(vertebrae).items():
        problems += _outside(case, images[case_id])
        for upper, lower in pairwise(case):
            problems += _misplaced(upper, lower, limits)
    clause = count_inside(
        ([vertebra.centroid for vertebra in case], images[case_id].affine, images[case_id].shape)
        for case_id, case in by_case(vertebrae).items()
    )
    return [*problems, *([Problem("error", f"{clause}; expected LPS mm: see --format")] if clause else [])]


def check_cohort(vertebrae: Iterable[Vertebra]) -> list[Problem]:
    """Warn of vertebrae without a grade and of patients with several cases."""
    problems: list[Problem] = []
    cases: dict[str, list[str]] = {}
    for case_id, case in by_case(vertebrae).items():
        cases.setdefault(case[0].patient_id, []).append(case_id)
        ungraded = [vertebra.vertebra for vertebra in case if vertebra.grade is None]
        if ungraded:
            which = ", ".join(ungraded) if len(ungraded) < len(case) else "every vertebra"
            problems.append(Problem("warning", f"case {case_id}: {which} without a grade, ignored in training"))
    problems += [
        Problem("warning", f"patient {patient_id}: {len(own)} cases ({', '.join(own)}), kept in one fold")
        for patient_id, own in cases.items()
        if len(own) > 1
    ]
    return problems


def messages(problems: Iterable[Problem], severity: Literal["error", "warning"]) -> list[str]:
    """The messages of the problems of one severity."""
    return [problem.message for problem in problems if problem.severity == severity]


def _outside(case: Sequence[Vertebra], image: ImageHeader) -> list[Problem]:
    centroids = [vertebra.centroid for vertebra in case]
    indices, inside = image.world_to_index(centroids), image.contains(centroids)
    return [
        Problem(
            "error",
            f"{image.path}: {vertebra.vertebra} at LPS ({_mm(vertebra)}) mm is voxel (z, y, x) = "
            f"({', '.join(f'{value:.1f}' for value in index)}); expected inside the image of shape {image.shape}",
        )
        for vertebra, index, fits in zip(case, indices, inside, strict=True)
        if not fits
    ]


def _misplaced(upper: Vertebra, lower: Vertebra, limits: SpacingLimits) -> list[Problem]:
    pair = f"case {upper.case_id}: {upper.vertebra} ({_mm(upper)}) and {lower.vertebra} ({_mm(lower)})"
    if lower.z >= upper.z:
        return [Problem("error", f"{pair} are out of order; expected {lower.vertebra} nearer to the feet (smaller z)")]
    distance = float(np.linalg.norm(np.subtract(upper.centroid, lower.centroid)))
    expected = expected_spacing(upper.vertebra, lower.vertebra)
    if limits.shortest * expected <= distance <= limits.longest * expected:
        return []
    return [Problem("warning", f"{pair} lie {distance:.1f} mm apart; expected about {expected:.0f} mm")]


def _mm(vertebra: Vertebra) -> str:
    return ", ".join(f"{value:.1f}" for value in vertebra.centroid)
