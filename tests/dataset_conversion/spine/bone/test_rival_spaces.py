"""The stated space against the usual mistakes, on a CT about the isocentre in which every point stays inside."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.spine.bone.rival_spaces import (
    CaseFit,
    RivalLimits,
    Sites,
    compare_spaces,
    count_inside,
    measure_case,
    rival_points,
)
from dataset_conversion.spine.geometry import index_to_world, world_to_index
from tests.dataset_conversion.spine.model_spine import CENTROIDS, LEVELS, SHAPE, affine, draw

AFFINE = affine()
POINTS = np.array(CENTROIDS)
Change = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

MISTAKES: dict[str, Change] = {
    "x and y with the opposite sign (RAS)": lambda points: points * (-1, -1, 1),
    "x with the opposite sign": lambda points: points * (-1, 1, 1),
    "y with the opposite sign": lambda points: points * (1, -1, 1),
}


def sites(points: npt.NDArray[np.float64], number: int = 5) -> Sites:
    return Sites(LEVELS[:number], tuple(map(tuple, points[:number].tolist())), {})


@pytest.fixture(scope="module")
def ct() -> npt.NDArray[np.int16]:
    return draw()


def test_right_centroids_are_no_problem(ct: npt.NDArray[np.int16]) -> None:
    fit = measure_case(ct, AFFINE, sites(POINTS))
    assert (fit.stated, fit.is_bare) == ((True,) * 5, False)
    assert compare_spaces({"a": fit}) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_the_space_that_fits_is_named(ct: npt.NDArray[np.int16], name: str) -> None:
    (problem,) = compare_spaces({"a": measure_case(ct, AFFINE, sites(MISTAKES[name](POINTS)))})
    assert (problem.cases, problem.vertebrae, problem.in_rival) == (("a",), 5, 5)
    assert problem.stated <= 1
    assert problem.rival == name
    assert f"{problem.stated} of 5 centroids in 1 case (a) lie in a vertebral body" in problem.describe()
    assert f"but 5 as {name}" in problem.describe()


def test_a_rival_of_the_format_comes_first(ct: npt.NDArray[np.int16]) -> None:
    given = Sites(LEVELS, tuple(map(tuple, (POINTS * (-1, -1, 1)).tolist())), {"format csv-ras": CENTROIDS})
    (problem,) = compare_spaces({"a": measure_case(ct, AFFINE, given)})
    assert problem.rival == "format csv-ras"


def test_one_vertebra_is_enough_only_where_there_is_no_bone_at_all(ct: npt.NDArray[np.int16]) -> None:
    (problem,) = compare_spaces({"a": measure_case(ct, AFFINE, sites(POINTS * (-1, -1, 1), 1))})
    assert (problem.vertebrae, problem.stated, problem.is_bare, problem.in_rival) == (1, 0, True, 1)
    beside = measure_case(ct, AFFINE, sites(np.add(POINTS, (0, 20, 0)), 1))
    assert (beside.stated, beside.is_bare) == ((False,), False)
    assert compare_spaces({"a": beside}) == []


def test_no_bone_and_no_better_space(ct: npt.NDArray[np.int16]) -> None:
    soft = np.full(SHAPE, 40, dtype=np.int16)
    (problem,) = compare_spaces({"a": measure_case(soft, AFFINE, sites(POINTS))})
    assert (problem.rival, problem.is_certain) == (None, True)
    assert "(no bone nearby)" in problem.describe()


def fit(stated: str, is_bare: bool = False, **rivals: str) -> CaseFit:
    """A fit from strings of 1 and 0."""
    return CaseFit(_bools(stated), {name: _bools(text) for name, text in rivals.items()}, is_bare)


def _bools(text: str) -> tuple[bool, ...]:
    return tuple(letter == "1" for letter in text)


def test_small_cases_are_judged_together() -> None:
    cases = {name: fit("10", ras="11") for name in "abc"}
    (problem,) = compare_spaces(cases)
    assert (problem.cases, problem.stated, problem.rival, problem.in_rival) == (("a", "b", "c"), 3, "ras", 6)


def test_one_wrong_case_among_right_ones_is_found() -> None:
    cases = {"a": fit("11111", ras="00000"), "b": fit("00010", ras="11111"), "c": fit("11110", ras="01000")}
    (problem,) = compare_spaces(cases)
    assert (problem.cases, problem.rival) == (("b",), "ras")


def test_doubtful_cases_are_one_problem() -> None:
    cases = {"a": fit("11111", ras="11111"), "b": fit("00010", ras="00000"), "c": fit("0001", ras="0000")}
    (problem,) = compare_spaces(cases)
    assert (problem.cases, problem.vertebrae, problem.stated, problem.is_certain) == (("b", "c"), 9, 2, False)


def test_a_space_that_moves_all_centroids_little_is_no_rival() -> None:
    off_centre = replace(fit("0000", mirrored="1111"), near=frozenset({"mirrored"}))
    (problem,) = compare_spaces({"a": off_centre, "b": off_centre})
    assert (problem.rival, problem.is_certain) == (None, False)
    (problem,) = compare_spaces({"a": off_centre, "b": fit("0000", mirrored="1111")})
    assert (problem.rival, problem.in_rival) == ("mirrored", 8)


def test_near_is_half_a_body(ct: npt.NDArray[np.int16]) -> None:
    rivals = {name: sites(np.add(POINTS, (0, step, 0))).stated for name, step in {"a": 14, "b": 16}.items()}
    found = measure_case(ct, AFFINE, replace(sites(POINTS), rivals=rivals))
    assert found.near & {"a", "b"} == {"a"}


@pytest.mark.parametrize(
    ("stated", "rival"), [("11100", "11111"), ("00111", "11111"), ("0000", "1100"), ("001", "111"), ("00", "11")]
)
def test_a_rival_must_be_clearly_better(stated: str, rival: str) -> None:
    assert not any(problem.rival for problem in compare_spaces({"a": fit(stated, ras=rival)}))


def test_nothing_to_judge() -> None:
    assert compare_spaces({}) == []
    assert compare_spaces({"a": fit("", ras="")}) == []


def test_limits_can_be_changed() -> None:
    assert compare_spaces({"a": fit("00", ras="11")}, RivalLimits(least_lead=2))[0].rival == "ras"


def test_rival_points_are_in_lps() -> None:
    matrix = np.array([[0, 0, 2.0, 5], [-1, 0, 0, 7], [0, 3, 0, -9], [0, 0, 0, 1]])
    spaces = rival_points([(1.0, 2.0, 3.0)], matrix, (10, 20, 30))
    assert spaces["x and y with the opposite sign (RAS)"] == [(-1.0, -2.0, 3.0)]
    assert spaces["voxel indices"] == [tuple(index_to_world(matrix, [3.0, 2.0, 1.0])[0].tolist())]
    mirrored = spaces["counted from the other end of the image along its axis x"]
    before, after = (world_to_index(matrix, points)[0] for points in ([(1.0, 2.0, 3.0)], mirrored))
    np.testing.assert_allclose(after, [before[0], before[1], 29 - before[2]])
    assert spaces["metres"] == [(1000.0, 2000.0, 3000.0)]
    assert spaces["numbers in the order zyx"] == [(3.0, 2.0, 1.0)]
    assert len(spaces) == 15


def test_a_space_in_which_all_centroids_are_inside() -> None:
    matrix = np.eye(4)
    matrix[:3, 3] = (-50, -60, 0)
    points = [(-20.0, -30.0, 10.0), (20.0, -30.0, 20.0)]
    outside = [(x, -y - 25, z) for x, y, z in points]
    assert count_inside([(points, matrix, (30, 50, 80))]) is None
    assert count_inside([(outside, matrix, (30, 50, 80)), (points, matrix, (30, 50, 80))]) is None
    assert count_inside([([(x, -y, z) for x, y, z in points], matrix, (30, 50, 80))]) == (
        "0 of 2 centroids lie inside their images, but all of them as x and y with the opposite sign (RAS)"
    )
