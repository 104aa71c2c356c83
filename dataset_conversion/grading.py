"""Grades from a table of their own, joined to the centroids."""

from collections.abc import Sequence
from dataclasses import replace

from dataset_conversion.checks import Finding, by_case
from dataset_conversion.readers.verse_grades import Gradings
from dataset_conversion.vertebra_table import Vertebra


def join_grades(vertebrae: Sequence[Vertebra], gradings: Gradings) -> tuple[list[Vertebra], list[Finding]]:
    """Give each vertebra its grade and shape.

    A grade without a centroid is an error: a fracture would go missing, or a level is misnamed.
    Gradings of other cases are passed over.
    """
    graded: list[Vertebra] = []
    findings: list[Finding] = []
    for case_id, case in by_case(vertebrae).items():
        by_level = gradings.get(case_id, {})
        findings += [
            Finding("error", f"case {case_id}: {level} has grade {grading.grade} but no centroid, wanted both")
            for level, grading in by_level.items()
            if level not in {vertebra.vertebra for vertebra in case}
        ]
        for vertebra in case:
            grading = by_level.get(vertebra.vertebra)
            graded.append(replace(vertebra, grade=grading.grade, shape=grading.shape) if grading else vertebra)
    return graded, findings
