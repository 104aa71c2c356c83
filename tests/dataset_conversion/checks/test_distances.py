import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.checks.distances import SpacingLimits, check_distances, check_room
from dataset_conversion.checks.problems import Problem
from dataset_conversion.spine.anatomy import expected_spacing
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra

LIMITS = SpacingLimits()


def spine(levels: str, scale: float = 1.0, case_id: str = "a") -> list[Vertebra]:
    """A straight spine of a person of this size relative to the mean adult, from z = 0 down."""
    names = levels.split()
    heights = [0.0]
    for upper, lower in itertools.pairwise(names):
        heights.append(heights[-1] - scale * expected_spacing(upper, lower))
    return [Vertebra(case_id, case_id, level, 0.0, 0.0, z) for level, z in zip(names, heights, strict=True)]


def problems_of(*cases: Sequence[Vertebra]) -> list[Problem]:
    return check_distances({case[0].case_id: case for case in cases}, LIMITS)


def header(top: float, bottom: float) -> ImageHeader:
    """An image of 1 mm voxels about the axis x = y = 0, between two heights."""
    affine = np.eye(4)
    affine[:3, 3] = (-20.0, -20.0, bottom)
    return ImageHeader(Path("a.nii.gz"), (int(top - bottom) + 1, 41, 41), affine)


@pytest.mark.parametrize("levels", ["T10 T11 T12 L1 L2", "C5 C6 C7 T1", "L4 L5 S1", "T12 T13 L1", "L5 L6 S1", "T12 L1"])
@pytest.mark.parametrize("scale", [0.78, 1.0, 1.29])
def test_right_spines(levels: str, scale: float) -> None:
    assert problems_of(spine(levels, scale)) == []


@pytest.mark.parametrize("scale", [0.7, 1 / 0.7, 0.33, 3.0])
def test_a_wrong_spacing_of_the_ct_is_one_warning(scale: float) -> None:
    (found,) = problems_of(spine("T11 T12 L1 L2", scale))
    assert found == Problem(
        "warning",
        f"case a: neighbouring centroids lie at {scale:.2f} of the distance in adults (median); expected 0.77 to 1.3: "
        "check the CT's spacing and the levels",
    )


@pytest.mark.parametrize(("scale", "severity"), [(0.1, "error"), (0.001, "error"), (10.0, "error")])
def test_other_units_are_an_error(scale: float, severity: str) -> None:
    (found,) = problems_of(spine("T11 T12 L1", scale))
    assert found.severity == severity
    assert found.message.endswith("expected millimetres: check the unit and the CT's spacing")


def test_one_centroid_far_away_does_not_speak_for_the_unit() -> None:
    case = spine("T11 T12 L1")
    far = Vertebra("a", "a", "L2", 0.0, 999.0, -200.0)
    assert [problem.severity for problem in problems_of([*case, far])] == ["warning"]


def test_a_whole_cohort_of_small_people() -> None:
    cases = [spine("T11 T12 L1 L2", 0.85, case_id) for case_id in "abcde"]
    assert problems_of(*cases[:4]) == []
    (found,) = problems_of(*cases)
    assert found == Problem(
        "warning",
        "5 cases: neighbouring centroids typically lie at 0.85 of the distance in adults; expected 0.9 to 1.17: check "
        "the spacing of the CTs",
    )


def test_a_skipped_name_is_seen_by_its_distance() -> None:
    case = spine("T11 T12 L1 L2 L3")
    renamed = [
        *case[:3],
        *(Vertebra("a", "a", level, 0.0, 0.0, row.z) for level, row in zip(("L3", "L4"), case[3:], strict=False)),
    ]
    found = [problem.message for problem in problems_of(renamed)]
    assert found[0].startswith("case a: no centroid for L2 between L1 and L3; expected every visible vertebra")
    assert found[1].endswith("lie 33.2 mm apart; expected about 67 mm")


def test_a_vertebra_without_a_centroid() -> None:
    (found,) = problems_of(spine("T10 T11 L1 L2"))
    assert found.message.startswith("case a: no centroid for T12 between T11 and L1")


@pytest.mark.parametrize(("upper", "lower", "distance"), [("T11", "L1", 29.6), ("L4", "S1", 32.0)])
def test_a_spine_without_a_level(upper: str, lower: str, distance: float) -> None:
    case = [Vertebra("a", "a", upper, 0.0, 0.0, 0.0), Vertebra("a", "a", lower, 0.0, 0.0, -distance)]
    assert problems_of(case) == []


def test_reversed_levels_are_errors() -> None:
    case = spine("T12 L1 L2 L3")
    names = [row.vertebra for row in case][::-1]
    turned = [Vertebra("a", "a", name, 0.0, 0.0, row.z) for name, row in zip(names, case, strict=True)][::-1]
    assert [problem.severity for problem in problems_of(turned)] == ["error"] * 3


@pytest.mark.parametrize(
    ("levels", "top", "bottom", "beyond"),
    [
        ("T12 L1 L2", 40.0, -111.0, []),
        ("T12 L1 L2", 42.0, -111.0, ["T11"]),
        ("T12 L1 L2", 40.0, -113.0, ["L3"]),
        ("L4 L5", 40.0, -300.0, []),
        ("L4 L5", 90.0, -300.0, ["L3"]),
        ("C1 C2 C3", 300.0, -50.0, []),
        ("L1", 300.0, -300.0, []),
    ],
)
def test_room_for_a_further_vertebra(levels: str, top: float, bottom: float, beyond: list[str]) -> None:
    found = check_room({"a": spine(levels)}, {"a": header(top, bottom)}, LIMITS.room)
    assert [problem.message.partition(": the image")[0] for problem in found] == (
        [f"1 case: a ({', '.join(beyond)})"] if beyond else []
    )
