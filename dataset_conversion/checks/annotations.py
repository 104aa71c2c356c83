"""Checks of annotations against each other and against their images, before anything is written."""

from collections.abc import Iterable, Mapping, Sequence

from dataset_conversion.checks.distances import SpacingLimits, check_distances, check_room
from dataset_conversion.checks.problems import Problem, place
from dataset_conversion.spine.bone.rival_spaces import count_inside
from dataset_conversion.spine.errors import shortened_list
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.levels import WITHOUT_BODY
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, with_body

FEWEST_SHARED = 3
"""Number of centroids that two patients cannot have in common by chance."""
FEWEST_GRADES = 10
"""Number of vertebrae from which on one and the same grade is unlikely. Half of all fractures are mild."""


def check_annotations(
    vertebrae: Sequence[Vertebra], images: Mapping[str, ImageHeader], limits: SpacingLimits
) -> list[Problem]:
    """Find centroids outside their image, out of order, at unlikely distances, missing, or of another patient."""
    cases = by_case(vertebrae)
    problems = [problem for case_id, case in cases.items() for problem in _outside(case, images[case_id])]
    problems += check_distances(cases, limits)
    problems += check_room(cases, images, limits.room)
    problems += _shared(cases)
    clause = count_inside(
        ([vertebra.centroid for vertebra in case], images[case_id].affine, images[case_id].shape)
        for case_id, case in cases.items()
    )
    return [*problems, *([Problem("error", f"{clause}; expected LPS mm: see --format")] if clause else [])]


def check_cohort(vertebrae: Iterable[Vertebra]) -> list[Problem]:
    """Warn of vertebrae without a body or a grade, of patients with several cases, and of grades on another scale."""
    cases: dict[str, list[str]] = {}
    vertebrae = list(vertebrae)
    problems = _without_body(vertebrae)
    for case_id, case in by_case(vertebrae).items():
        cases.setdefault(case[0].patient_id, []).append(case_id)
        labelled = with_body(case)
        ungraded = [vertebra.vertebra for vertebra in labelled if vertebra.grade is None]
        if ungraded:
            which = ", ".join(ungraded) if len(ungraded) < len(labelled) else "every vertebra"
            problems.append(Problem("warning", f"case {case_id}: {which} without a grade, ignored in training"))
    problems += [
        Problem("warning", f"patient {patient_id}: {len(own)} cases ({', '.join(own)}), kept in one fold")
        for patient_id, own in cases.items()
        if len(own) > 1
    ]
    grades = [vertebra.grade for vertebra in with_body(vertebrae) if vertebra.grade is not None]
    return [*problems, *_check_scale(grades)]


def _without_body(vertebrae: Sequence[Vertebra]) -> list[Problem]:
    """A warning for each level of the cohort that gets no label."""
    cases = {
        level: sorted(vertebra.case_id for vertebra in vertebrae if vertebra.vertebra == level)
        for level in sorted(WITHOUT_BODY)
    }
    return [
        Problem(
            "warning",
            f"{level} is not labelled in {len(own)} {'case' if len(own) == 1 else 'cases'} ({shortened_list(own)}): "
            "it has no vertebral body. Its rows stay in vertebrae.csv and are not scored",
        )
        for level, own in cases.items()
        if own
    ]


def _check_scale(grades: Sequence[int]) -> list[Problem]:
    """Warn of grades that Genant's scale would hardly give: a scale from 1 on, or yes and no."""
    fractures = [grade for grade in grades if grade]
    if len(fractures) < FEWEST_GRADES:
        return []
    problems = []
    if len(fractures) == len(grades):
        found = f"all {len(grades)} graded vertebrae are fractured (grades {min(grades)} to {max(grades)})"
        problems.append(f"{found}; expected normal ones too: check that the scale is Genant's, 0 to 3")
    if len(set(fractures)) == 1:
        found = f"all {len(fractures)} fractures have grade {fractures[0]}"
        problems.append(f"{found}; expected several grades: check that the scale is Genant's, not yes and no")
    return [Problem("warning", problem) for problem in problems]


def _shared(cases: Mapping[str, Sequence[Vertebra]]) -> list[Problem]:
    """An error for two patients with the same centroids, of whom one has the annotation of the other."""
    holders: dict[tuple[float, ...], list[str]] = {}
    for case_id, case in cases.items():
        for vertebra in case:
            holders.setdefault(tuple(round(value, 2) for value in vertebra.centroid), []).append(case_id)
    shared: dict[tuple[str, str], int] = {}
    for names in holders.values():
        first, *others = sorted(set(names))
        for other in others:
            shared[first, other] = shared.get((first, other), 0) + 1
    return [
        Problem(
            "error",
            f"cases {one} and {other}: {count} centroids at the same places; expected own centroids of each, or one "
            "patient_id if they are reconstructions of one scan",
        )
        for (one, other), count in shared.items()
        if count >= FEWEST_SHARED and cases[one][0].patient_id != cases[other][0].patient_id
    ]


def _outside(case: Sequence[Vertebra], image: ImageHeader) -> list[Problem]:
    centroids = [vertebra.centroid for vertebra in case]
    indices, inside = image.world_to_index(centroids), image.contains(centroids)
    return [
        Problem(
            "error",
            f"{image.path}: {vertebra.vertebra} at LPS ({place(vertebra)}) mm is voxel (z, y, x) = "
            f"({', '.join(f'{value:.1f}' for value in index)}); expected inside the image of shape {image.shape}",
        )
        for vertebra, index, fits in zip(case, indices, inside, strict=True)
        if not fits
    ]
