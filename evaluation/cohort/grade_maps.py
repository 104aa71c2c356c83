"""Maps of the grades beside the maps of fractures, of models with a class for each grade.

A case has them if its map is beside those of mild, moderate, severe and normal, as training and `predict` write them,
or if nnU-Net's `.npz` file has these classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import GRADE_NAMES
from evaluation.cohort.cases import Case
from evaluation.maps.nifti import VolumeFile
from evaluation.maps.probability_map import (
    ProbabilityMap,
    is_on_grid_of,
    open_probability_map,
    read_probability_map,
)


def have_grades(cases: Sequence[Case]) -> bool:
    """Whether the cases have the maps of the grades.

    Raises:
        InputError: If only some of them do, or a map of a case is missing.
    """
    sources = {case.source.path: [path for path, _ in _grade_sources(case)] for case in cases}
    # A model without grades has a map of normal vertebrae too.
    if any(path.is_file() for own in sources.values() for path in own[1:]):
        _check_complete(sources)
        return True
    return False


def read_grade_maps(case: Case, fracture: ProbabilityMap, normal: ProbabilityMap | None) -> Iterator[ProbabilityMap]:
    """Read the map of each grade 0 to 3, one after another.

    Args:
        case: A case with maps of the grades.
        fracture: Its map of fractures.
        normal: Its map of normal vertebrae, if it has been read already.

    Raises:
        InputError: If a map cannot be read completely, holds anything but probabilities, or has another grid than that
            of fractures.
    """
    for number, (path, labels) in enumerate(_grade_sources(case)):
        # The classes of an `.npz` file are not those of the NIfTI map of normal vertebrae.
        if normal is not None and number == 0 and not labels:
            yield normal
        else:
            yield _read_beside(path, labels, fracture, case)


def _check_complete(sources: Mapping[Path, Sequence[Path]]) -> None:
    """Check that each case, by its map of fractures, has the maps of all grades.

    Raises:
        InputError: If any is missing; all problems at once.
    """
    missing = [path for own in sources.values() for path in own if not path.is_file()]
    problems = [
        *(f"{path}: missing; expected the maps of all grades, in all cases or in none" for path in missing),
        *(
            f"{path}: no class for each grade; expected the grades of all cases or of none"
            for path, own in sources.items()
            if not own
        ),
    ]
    if problems:
        raise InputError(problems)


def _grade_sources(case: Case) -> list[tuple[Path, tuple[int, ...]]]:
    """File and classes of the map of each grade 0 to 3; none if nnU-Net's file has no class for each."""
    path, labels = case.source.path, case.source.grade_labels
    if path.name.lower().endswith(".npz"):
        return [(path, (label,)) for label in labels]
    return [(path.with_name(f"{case.source.case_id}_{name}.nii.gz"), ()) for name in GRADE_NAMES]


def _read_beside(path: Path, labels: tuple[int, ...], fracture: ProbabilityMap, case: Case) -> ProbabilityMap:
    """A map of the same grid as that of fractures."""
    opened: VolumeFile = open_probability_map(path, labels)
    if not is_on_grid_of(opened, fracture):
        raise InputError(
            f"{path}: shape {opened.shape} and affine {opened.affine[:3].tolist()}; expected the map of the same "
            f"prediction as {case.source.path.name}"
        )
    return read_probability_map(path, labels)
