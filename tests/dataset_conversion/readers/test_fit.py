from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.readers.fit import Fit, measure_fit
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra

IMAGES = {name: ImageHeader(Path(f"{name}.nii.gz"), (100, 10, 10), np.eye(4)) for name in "ab"}


def row(case_id: str, level: str, x: float, z: float) -> Vertebra:
    return Vertebra(case_id, case_id, level, x, 5.0, z)


def test_counts_over_all_cases() -> None:
    vertebrae = (
        row("a", "L2", 5, 20),
        row("a", "L1", 5, 60),
        row("a", "T12", 50, 90),
        row("b", "L1", 5, 30),
        row("b", "L2", 5, 60),
    )
    found = Annotations(frozenset("abc"), vertebrae, {"b": ((1.0, 2.0, 3.0), (1.0, 2.0, -3.0))})
    # Outside: T12 of a, one marker of b. Out of order: L1 and L2 of b. Markers replace b's own points in no case.
    fit = measure_fit(Annotations(found.cases, found.vertebrae), IMAGES)
    assert fit == Fit(inside=4, in_order=2, centroids=5, neighbours=3)
    assert not fit.is_complete
    assert measure_fit(Annotations(found.cases, (), found.unnamed), IMAGES) == Fit(1, 0, 2, 0)


def test_nothing_to_count() -> None:
    assert measure_fit(Annotations(frozenset(), ()), IMAGES) == Fit(0, 0, 0, 0)


def test_more_inside_is_better_than_more_in_order() -> None:
    assert Fit(5, 0, 5, 4) > Fit(4, 4, 5, 4)
    assert Fit(5, 4, 5, 4) > Fit(5, 3, 5, 4)


@pytest.mark.parametrize(
    ("fit", "clause"),
    [
        (Fit(5, 4, 5, 4), "verse fits: 5 of 5 inside their image, 4 of 4 in order down the spine"),
        (Fit(5, 3, 5, 4), "verse: 5 of 5 inside their image, 3 of 4 in order down the spine"),
        (Fit(2, 0, 5, 0), "verse: 2 of 5 inside their image"),
        (Fit(0, 0, 0, 0), "verse: 0 of 0 inside their image"),
    ],
)
def test_clauses(fit: Fit, clause: str) -> None:
    assert fit.describe("verse") == clause
