"""Join grades from a separate source to the centroids."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dataset_conversion.checks.problems import Problem
from dataset_conversion.readers.interface import Grading, Gradings, Point
from dataset_conversion.spine.case_names import patient_of, verse_series
from dataset_conversion.spine.errors import shortened_list
from dataset_conversion.spine.levels import level_index
from dataset_conversion.spine.vertebra_table import Vertebra, by_case


def join_grades(
    vertebrae: Sequence[Vertebra], gradings: Gradings, left_out: Collection[tuple[str, str]] = ()
) -> tuple[list[Vertebra], list[Problem]]:
    """Give each vertebra its grade and shape.

    A graded level without a centroid is an error: a fracture would be lost, or a level is misnamed. A grade that
    differs from the one beside the centroid is a warning. Gradings of other cases are ignored. VerSe's series are
    matched by their number, because its releases name them differently.

    Args:
        vertebrae: The vertebrae with a centroid.
        gradings: The grades.
        left_out: Case and level of vertebrae that are left out by name; the grade of such a one is a warning.
    """
    graded: list[Vertebra] = []
    problems: list[Problem] = []
    for case_id, case in by_case(vertebrae).items():
        name = _name_among(gradings, case_id)
        by_level = gradings.get(name, {})
        known = {vertebra.vertebra for vertebra in case}
        problems += [
            _without_centroid(case_id, level, grading, (case_id, level) in left_out)
            for level, grading in by_level.items()
            if level not in known
        ]
        for vertebra in case:
            joined, contradictions = _join(_with_patient(vertebra, name), by_level.get(vertebra.vertebra))
            graded.append(joined)
            problems += contradictions
    return graded, problems


def _without_centroid(case_id: str, level: str, grading: Grading, is_left_out: bool) -> Problem:
    found = f"case {case_id}: {level} has grade {_text(grading)} but no centroid"
    if is_left_out:
        return Problem("warning", f"{found}, because it is left out; the grade is left out too")
    return Problem("error", f"{found}; expected both")


def count_used(vertebrae: Sequence[Vertebra], gradings: Gradings) -> int:
    """Number of gradings whose vertebra has a centroid."""
    cases = by_case(vertebrae)
    return sum(
        vertebra.vertebra in gradings.get(_name_among(gradings, case_id), {})
        for case_id, case in cases.items()
        for vertebra in case
    )


def unused_cases(vertebrae: Sequence[Vertebra], gradings: Gradings) -> list[str]:
    """A sentence about the graded cases without a centroid and the cases without a grading, if there are any."""
    cases = by_case(vertebrae)
    used = {_name_among(gradings, case_id) for case_id in cases}
    beyond, without = sorted(gradings.keys() - used), sorted(case for case in cases if case not in gradings)
    without = [case_id for case_id in without if _name_among(gradings, case_id) not in gradings]
    sentences = []
    if beyond:
        found = f"{len(beyond)} of {len(gradings)} cases with grades have no centroid ({shortened_list(beyond)})"
        sentences.append(f"{found}; their grades are left out")
    if without:
        sentences.append(f"{len(without)} of {len(cases)} cases are not in the grades ({shortened_list(without)})")
    return sentences


def name_centroids(unnamed: Mapping[str, Sequence[Point]], gradings: Gradings) -> tuple[list[Vertebra], list[Problem]]:
    """Give centroids without a name the levels in their case's grades, from the head down.

    A case with different numbers of centroids and graded levels is an error.
    """
    named: list[Vertebra] = []
    problems: list[Problem] = []
    for case_id, points in sorted(unnamed.items()):
        levels = sorted(gradings.get(_name_among(gradings, case_id), {}), key=level_index)
        if len(levels) != len(points):
            message = f"case {case_id}: {len(points)} markers without names but {len(levels)} levels in its grades"
            problems.append(Problem("error", f"{message}; expected one per vertebra in both (--grades)"))
            continue
        downwards = sorted(points, key=lambda point: -point[2])
        patient_id = patient_of(case_id)
        named += [Vertebra(case_id, patient_id, level, *point) for level, point in zip(levels, downwards, strict=True)]
    return named, problems


def _name_among(gradings: Gradings, case_id: str) -> str:
    """The name of a case in the gradings."""
    series = verse_series(case_id)
    if case_id in gradings or series is None:
        return case_id
    return next((name for name in gradings if verse_series(name) == series), case_id)


def _with_patient(vertebra: Vertebra, name: str) -> Vertebra:
    """The vertebra with its subject from VerSe's table; the names of the challenges' files do not give the subject."""
    is_known = vertebra.patient_id != vertebra.case_id
    return vertebra if is_known else replace(vertebra, patient_id=patient_of(name))


def _join(vertebra: Vertebra, grading: Grading | None) -> tuple[Vertebra, list[Problem]]:
    if grading is None or grading.grade is None:
        return vertebra, []
    if vertebra.grade in (None, grading.grade):
        return replace(vertebra, grade=grading.grade, shape=grading.shape or vertebra.shape), []
    joined = replace(vertebra, grade=grading.grade, shape=grading.shape)
    found = f"grade {vertebra.grade} beside its centroid but {grading.grade} in the grades"
    return joined, [Problem("warning", f"case {vertebra.case_id}: {vertebra.vertebra} has {found}; the latter is used")]


def _text(grading: Grading) -> str:
    return "none" if grading.grade is None else str(grading.grade)
