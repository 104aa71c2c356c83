"""Midway between two endplates, on phantoms whose bodies and discs are of similar HU."""

import numpy as np
import pytest

from dataset_conversion.images.volume import Volume
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.spine.bone.endplates import between_endplates
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra

Case = tuple[Volume, list[Vertebra]]


@pytest.fixture(scope="module", params=range(4))
def case(request: pytest.FixtureRequest) -> Case:
    plan = plan_case(3, request.param, SPINE)
    return render_case(plan, SPINE)[0], plan.rows()


def judge(case: Case, move: float = 0.0, affine: FloatArray | None = None) -> list[bool | None]:
    volume, rows = case
    points = [(row.x, row.y, row.z + move) for row in rows]
    levels = [row.vertebra for row in rows]
    return between_endplates(volume.array, volume.affine if affine is None else affine, levels, points)


def share(found: list[bool | None]) -> float:
    known = [one for one in found if one is not None]
    assert len(known) >= 4
    return float(np.mean(known))


def test_centroids(case: Case) -> None:
    assert share(judge(case)) > 0.8


@pytest.mark.parametrize("move", [-12.0, -8.0, 8.0, 12.0])
def test_centroids_off_the_middle(case: Case, move: float) -> None:
    assert share(judge(case, move)) < 0.26


def test_the_order_of_the_vertebrae_does_not_matter(case: Case) -> None:
    assert judge((case[0], case[1][::-1])) == judge(case)[::-1]


def test_a_missing_vertebra_does_not_change_the_others(case: Case) -> None:
    volume, rows = case
    assert judge((volume, [*rows[:2], *rows[3:]])).count(False) <= 1


def test_what_cannot_be_judged(case: Case) -> None:
    volume, rows = case
    assert judge((volume, rows[:2])) == [None, None]
    assert judge((volume, [rows[0], rows[0], rows[1]])) == [None] * 3
    assert judge(case, affine=volume.affine @ np.diag([1, 1, 6 / volume.spacing[0], 1])) == [None] * len(rows)
    assert judge(case, 500.0) == [None] * len(rows)
