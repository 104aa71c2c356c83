"""Settings of a conversion that are out of their limits are refused, all problems at once."""

from collections.abc import Callable
from dataclasses import asdict

import pytest

from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.dataset.splits import SplitSettings
from dataset_conversion.labels.placement import EllipsoidSettings
from dataset_conversion.spine.bone.hounsfield import HounsfieldRange
from dataset_conversion.spine.errors import InputError


def test_the_defaults_are_within_their_limits() -> None:
    saved = asdict(ConversionSettings())
    assert saved["splits"] == {
        "folds": 5,
        "least_negatives": 2,
        "enough_negatives": 10,
        "inner_share": 0.15,
        "seed": 12345,
    }
    assert list(saved) == ["fracture_grade", "classes", "ellipsoids", "splits", "spacing", "hounsfield"]


def test_impossible_splits_are_refused_with_every_problem() -> None:
    """The splits are built first, so their problems are all that a caller can be told at once."""
    with pytest.raises(InputError) as caught:
        ConversionSettings(fracture_grade=-3, splits=SplitSettings(folds=0, inner_share=7))
    assert caught.value.problems == (
        "folds is 0; expected greater than or equal to 2",
        "inner_share is 7; expected less than 1",
    )


@pytest.mark.parametrize("grade", [-3, 0, 4])
def test_a_grade_that_is_no_fracture_is_refused(grade: int) -> None:
    with pytest.raises(InputError, match=f"fracture_grade is {grade}; expected"):
        ConversionSettings(fracture_grade=grade)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: SplitSettings(least_negatives=-1), "least_negatives is -1; expected"),
        (lambda: SplitSettings(enough_negatives=-1), "enough_negatives is -1; expected"),
        (lambda: SplitSettings(inner_share=0.0), "inner_share is 0.0; expected greater than 0"),
        (lambda: SplitSettings(seed=-1), "seed is -1; expected"),
        (lambda: SpacingLimits(shortest=0.0), "shortest is 0.0; expected greater than 0"),
        (lambda: SpacingLimits(longest=0.9), "longest is 0.9; expected greater than or equal to 1"),
        (lambda: HounsfieldRange(lowest=0.0), "lowest is 0.0; expected less than or equal to -1024"),
        (lambda: HounsfieldRange(highest=100.0), "highest is 100.0; expected greater than or equal to 3071"),
        (lambda: HounsfieldRange(greatest_minimum=200.0), "greatest_minimum is 200, least_maximum 100 and highest"),
        (lambda: EllipsoidSettings(width_share=1.5), "width_share is 1.5; expected less than or equal to 1"),
        (lambda: EllipsoidSettings(height_left=(1.0, 0.8, 0.7, 0.0)), "height_left.3 is 0.0; expected greater than 0"),
        (lambda: EllipsoidSettings(smallest_scale=1.2), "smallest_scale is 1.2; expected less than or equal to 1"),
        (lambda: EllipsoidSettings(largest_scale=0.9), "largest_scale is 0.9; expected greater than or equal to 1"),
        (lambda: EllipsoidSettings(rounding=0.0), "rounding is 0.0; expected greater than 0"),
    ],
)
def test_a_value_out_of_its_limits_is_refused(make: Callable[[], object], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value).startswith(problem)
