from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.checks.annotations import check_annotations, check_cohort
from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.checks.problems import Problem, messages
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]
IMAGES = {"a": ImageHeader(Path("a.nii.gz"), (200, 100, 100), np.diag([1.0, 1.0, 2.0, 1.0]))}


def problems_of(*points: tuple[str, float]) -> list[Problem]:
    vertebrae = [Vertebra("a", "a", level, 50.0, 50.0, z) for level, z in points]
    return check_annotations(vertebrae, IMAGES, SpacingLimits(room=100.0))


def test_a_good_case_has_no_problems() -> None:
    assert problems_of(("T12", 200.0), ("L1", 168.6), ("L2", 135.4)) == []


@pytest.mark.parametrize(("z", "inside"), [(-0.9, True), (-1.1, False), (398.9, True), (399.1, False)])
def test_a_centroid_lies_in_its_image_up_to_the_outermost_voxels_edge(z: float, inside: bool) -> None:
    found = problems_of(("L1", z))
    assert (found == []) == inside
    if found:
        assert found[0].severity == "error"
        assert found[0].message.startswith(f"a.nii.gz: L1 at LPS (50.0, 50.0, {z:.1f}) mm is voxel (z, y, x) = (")
        assert found[0].message.endswith("expected inside the image of shape (200, 100, 100)")


def test_swapped_levels_are_an_error() -> None:
    (found,) = problems_of(("L1", 130.0), ("L2", 160.0))
    assert found.severity == "error"
    assert "L1 (50.0, 50.0, 130.0) and L2 (50.0, 50.0, 160.0) are out of order" in found.message


@pytest.mark.parametrize(("distance", "believed"), [(21.5, False), (21.7, True), (49.7, True), (49.9, False)])
def test_unlikely_distances_are_a_warning(distance: float, believed: bool) -> None:
    found = problems_of(("L1", 200.0), ("L2", 200.0 - distance))
    assert [problem.severity for problem in found] == ([] if believed else ["warning"])


def test_a_skipped_level_is_a_warning() -> None:
    (found,) = problems_of(("T12", 200.0), ("L2", 200.0 - 31.4 - 33.2))
    assert found == Problem(
        "warning",
        "case a: no centroid for L1 between T12 and L2; expected every visible vertebra, because one without a "
        "centroid is background",
    )


def test_all_cases_are_checked(case: MakeCase) -> None:
    images = dict.fromkeys("ab", IMAGES["a"])
    vertebrae = [
        replace(vertebra, x=-40.0 - vertebra.x, y=50.0, z=vertebra.z + 300) for name in "ab" for vertebra in case(name)
    ]
    found = messages(check_annotations(vertebrae, images, SpacingLimits()), "error")
    assert len(found) == 7
    assert found[-1] == (
        "0 of 6 centroids lie inside their images, but all of them as x with the opposite sign; "
        "expected LPS mm: see --format"
    )


def test_vertebrae_without_a_grade_are_named(case: MakeCase) -> None:
    vertebrae = [*case("a", T12=None, L2=None), *case("b"), *case("c", T12=None, L1=None, L2=None)]
    problems = check_cohort(vertebrae)
    assert messages(problems, "error") == []
    assert messages(problems, "warning") == [
        "case a: T12, L2 without a grade, ignored in training",
        "case c: every vertebra without a grade, ignored in training",
    ]


def test_the_atlas_is_named_in_one_line(case: MakeCase) -> None:
    """Its grades are not missed, and do not count for the scale."""
    atlases = [replace(case(name)[0], vertebra="C1", z=-180.0, grade=None) for name in "abcde"]
    rows = [row for name, atlas in zip("abcde", atlases, strict=True) for row in (atlas, *case(name))]
    assert messages(check_cohort(rows), "warning") == [
        "C1 is not labelled in 5 cases (a, b, c and 2 more): it has no vertebral body. Its rows stay in vertebrae.csv "
        "and are not scored"
    ]
    assert messages(check_cohort([atlases[0], *case("a", T12=None, L1=None, L2=None)]), "warning") == [
        "C1 is not labelled in 1 case (a): it has no vertebral body. Its rows stay in vertebrae.csv and are not scored",
        "case a: every vertebra without a grade, ignored in training",
    ]


def test_patients_with_several_cases_are_named(case: MakeCase) -> None:
    (found,) = check_cohort([*case("b", patient_id="p"), *case("a", patient_id="p"), *case("c")])
    assert (found.severity, found.message) == ("warning", "patient p: 2 cases (a, b), kept in one fold")


def test_two_patients_with_the_same_centroids(case: MakeCase) -> None:
    images = dict.fromkeys("ab", ImageHeader(Path("a.nii.gz"), (400, 100, 100), np.eye(4)))
    one = [replace(row, x=50.0 + row.x, z=row.z + 300) for row in case("a")]
    copied = [replace(row, case_id="b", patient_id="b") for row in one]
    (found,) = check_annotations([*one, *copied], images, SpacingLimits(room=100.0))
    assert found == Problem(
        "error",
        "cases a and b: 3 centroids at the same places; expected own centroids of each, or one patient_id if they are "
        "reconstructions of one scan",
    )
    of_one_patient = [replace(row, patient_id="a") for row in copied]
    assert check_annotations([*one, *of_one_patient], images, SpacingLimits(room=100.0)) == []
    assert check_annotations([*one, *copied[:2]], images, SpacingLimits(room=100.0)) == []


@pytest.mark.parametrize(
    ("grades", "words"),
    [
        ([1, 2, 3] * 4, ["all 12 graded vertebrae are fractured (grades 1 to 3)"]),
        ([1] * 10 + [0], ["all 10 fractures have grade 1"]),
        ([1] * 9 + [0], []),
        ([1, 2] * 5 + [0], []),
        ([1] * 10, ["all 10 graded vertebrae are fractured", "all 10 fractures have grade 1"]),
    ],
)
def test_grades_on_another_scale(grades: list[int], words: list[str]) -> None:
    rows = [Vertebra(f"a{number}", f"a{number}", "L1", 0.0, 0.0, 0.0, grade) for number, grade in enumerate(grades)]
    found = messages(check_cohort(rows), "warning")
    assert [message[: len(start)] for message, start in zip(found, words, strict=True)] == words
    assert all("check that the scale is Genant's" in message for message in found)
