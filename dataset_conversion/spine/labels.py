"""The label classes: their names in `dataset.json`, and the values that `convert` gives them.

A dataset has either the classes normal and fracture, as in Nicolaes et al. 2019, or normal and a class for each of
Genant's fracture grades. A dataset of the user's own may number its classes differently. Wherever a `dataset.json` is
at hand, values are looked up there by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.genant import FRACTURE_GRADES, GRADE_OF_WORD

BACKGROUND, NORMAL, FRACTURE, IGNORE = 0, 1, 2, 3
"""Values of the voxels of a label volume with one class of fractures. nnU-Net itself fixes background at 0."""

BACKGROUND_NAME, NORMAL_NAME, FRACTURE_NAME, IGNORE_NAME = "background", "normal", "fracture", "ignore"
"""Names in `dataset.json`. Voxels of `ignore` do not count; it has no class of its own."""

GRADE_NAMES = tuple(GRADE_OF_WORD)
"""Names of the classes of the Genant grades 0 to 3: normal, mild, moderate, severe."""
FRACTURE_GRADE_NAMES = GRADE_NAMES[1:]

FRACTURE_GRADE_KEY = "fracture_grade"
"""Entry of `dataset.json`: the lowest grade whose class counts as a fracture. nnU-Net ignores it."""

Classes = Literal["fracture", "grades"]
"""What the foreground is divided into: normal and fracture, or normal, mild, moderate and severe."""


@dataclass(frozen=True)
class LabelClasses:
    """The classes of a dataset.

    Attributes:
        values: Value of each class by name, as in `dataset.json`.
        fracture_grade: Lowest Genant grade that counts as a fracture.
    """

    values: Mapping[str, int]
    fracture_grade: int = 1

    @classmethod
    def standard(cls, classes: Classes = "fracture", fracture_grade: int = 1, ignore: bool = True) -> LabelClasses:
        """The classes as `convert` numbers them.

        Args:
            classes: What the foreground is divided into.
            fracture_grade: Lowest Genant grade that counts as a fracture.
            ignore: Whether there is a label for vertebrae that are not graded.
        """
        vertebrae = GRADE_NAMES if classes == "grades" else (NORMAL_NAME, FRACTURE_NAME)
        names = (BACKGROUND_NAME, *vertebrae, *((IGNORE_NAME,) if ignore else ()))
        return cls({name: value for value, name in enumerate(names)}, fracture_grade)

    @classmethod
    def from_description(cls, description: Mapping[str, Any], source: object) -> LabelClasses:
        """The classes that a `dataset.json` describes.

        Args:
            description: Content of the file.
            source: The file, for error messages.

        Raises:
            InputError: If it lacks classes, has both kinds, or its `fracture_grade` is not a fracture grade.
        """
        problems = description_problems(description)
        if problems:
            raise InputError([f"{source}: {problem}" for problem in problems])
        return cls(description["labels"], description.get(FRACTURE_GRADE_KEY, 1))

    @property
    def are_grades(self) -> bool:
        """Whether each fracture grade has a class of its own."""
        return FRACTURE_NAME not in self.values

    @property
    def fracture(self) -> tuple[int, ...]:
        """Values of the classes that count as a fracture."""
        if not self.are_grades:
            return (self.values[FRACTURE_NAME],)
        return tuple(self.values[name] for name in GRADE_NAMES[self.fracture_grade :])

    @property
    def not_fractured(self) -> tuple[int, ...]:
        """Values of the classes of vertebrae that do not count as fractured: normal, and the grades below."""
        if not self.are_grades:
            return (self.values[NORMAL_NAME],)
        return tuple(self.values[name] for name in GRADE_NAMES[: self.fracture_grade])

    @property
    def maps(self) -> dict[str, tuple[int, ...]]:
        """By the name of each probability map the values of the classes whose probabilities it sums up.

        `fracture` and `normal` together are the probability of a vertebra, whatever the lowest fracture grade is.
        """
        grades = {name: (self.values[name],) for name in FRACTURE_GRADE_NAMES} if self.are_grades else {}
        return {FRACTURE_NAME: self.fracture, NORMAL_NAME: self.not_fractured, **grades}

    def label_of(self, grade: int | None) -> int:
        """Value of a vertebra with this Genant grade; None if it is not graded."""
        if grade is None:
            return self.values[IGNORE_NAME]
        if self.are_grades:
            return self.values[GRADE_NAMES[grade]]
        return self.values[FRACTURE_NAME if grade >= self.fracture_grade else NORMAL_NAME]


def description_problems(description: Mapping[str, Any]) -> list[str]:
    """What is wrong with the classes of a `dataset.json`, one text each."""
    labels = description.get("labels")
    if not isinstance(labels, Mapping):
        return [f'labels {labels}, expected {{"background": 0, "{NORMAL_NAME}": 1, "{FRACTURE_NAME}": 2}}']
    problems = _name_problems(labels)
    grade = description.get(FRACTURE_GRADE_KEY, 1)
    if type(grade) is not int or grade not in FRACTURE_GRADES:
        problems.append(f"{FRACTURE_GRADE_KEY} {grade!r}; expected 1, 2 or 3")
    return problems


def _name_problems(labels: Mapping[str, Any]) -> list[str]:
    """Classes that are missing, or of both kinds."""
    grades = set(FRACTURE_GRADE_NAMES) & set(labels)
    missing = set(GRADE_NAMES if grades else (NORMAL_NAME, FRACTURE_NAME)) - set(labels)
    problems = [f"labels {dict(labels)}, missing {', '.join(sorted(missing))}"] if missing else []
    if grades and FRACTURE_NAME in labels:
        problems.append(f"labels {dict(labels)}; expected either {FRACTURE_NAME} or {', '.join(FRACTURE_GRADE_NAMES)}")
    return problems
