from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import FRACTURE, IGNORE, NORMAL, LabelClasses, description_problems

THREE = {"background": 0, "normal": 1, "fracture": 2}
FIVE = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}


@pytest.mark.parametrize("fracture_grade", [1, 2, 3])
def test_two_classes_of_vertebrae_follow_the_lowest_fracture_grade(fracture_grade: int) -> None:
    classes = LabelClasses.standard(fracture_grade=fracture_grade)
    expected = [FRACTURE if grade >= fracture_grade else NORMAL for grade in range(4)]
    assert [classes.label_of(grade) for grade in range(4)] == expected
    assert classes.label_of(None) == IGNORE
    assert classes.maps == {"fracture": (FRACTURE,), "normal": (NORMAL,)}
    assert not classes.are_grades


@pytest.mark.parametrize(
    ("fracture_grade", "fracture", "normal"), [(1, (2, 3, 4), (1,)), (2, (3, 4), (1, 2)), (3, (4,), (1, 2, 3))]
)
def test_grades_keep_their_classes_and_only_the_sums_change(
    fracture_grade: int, fracture: tuple[int, ...], normal: tuple[int, ...]
) -> None:
    classes = LabelClasses.standard("grades", fracture_grade)
    assert [classes.label_of(grade) for grade in (0, 1, 2, 3, None)] == [1, 2, 3, 4, 5]
    assert classes.maps == {
        "fracture": fracture,
        "normal": normal,
        "mild": (2,),
        "moderate": (3,),
        "severe": (4,),
    }
    assert classes.are_grades


def test_values_go_by_the_names() -> None:
    labels = {"background": 0, "severe": 1, "mild": 2, "disc": 3, "moderate": 4, "normal": 5}
    classes = LabelClasses.from_description({"labels": labels, "fracture_grade": 2}, "dataset.json")
    assert (classes.fracture, classes.not_fractured) == ((4, 1), (5, 2))


@pytest.mark.parametrize("labels", [THREE, FIVE, {**FIVE, "ignore": 5}])
def test_the_lowest_fracture_grade_is_1_unless_stated(labels: dict[str, int]) -> None:
    assert LabelClasses.from_description({"labels": labels}, "dataset.json").fracture_grade == 1


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ({}, "labels None, expected"),
        ({"labels": {"background": 0, "normal": 1}}, "missing fracture"),
        ({"labels": {"background": 0, "normal": 1, "mild": 2}}, "missing moderate, severe"),
        ({"labels": {"background": 0, "mild": 1, "moderate": 2, "severe": 3}}, "missing normal"),
        ({"labels": {**FIVE, "fracture": 5}}, "expected either fracture or mild, moderate, severe"),
        ({"labels": FIVE, "fracture_grade": 0}, "fracture_grade 0; expected 1, 2 or 3"),
        ({"labels": FIVE, "fracture_grade": True}, "fracture_grade True; expected 1, 2 or 3"),
        ({"labels": FIVE, "fracture_grade": "2"}, "fracture_grade '2'; expected 1, 2 or 3"),
    ],
)
def test_other_classes_are_refused(description: dict[str, Any], problem: str) -> None:
    (found,) = description_problems(description)
    assert problem in found
    with pytest.raises(InputError, match=r"^dataset\.json: "):
        LabelClasses.from_description(description, "dataset.json")
