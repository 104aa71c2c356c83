"""Settings that check themselves: each field states its limits, and all problems are reported at once.

    @settings
    class SplitSettings:
        folds: Annotated[int, Field(ge=2)] = 5

Limits that concern several fields are pydantic's `model_validator`s and `field_validator`s.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import field, fields
from functools import wraps
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from dataset_conversion.spine.errors import InputError

Settings = TypeVar("Settings")

_EXPECTATION = re.compile(r"^(Value error, |(Input|Tuple) should (be|have) )")


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def settings(kind: type[Settings]) -> type[Settings]:
    """Make a class a frozen dataclass that checks its values and their types on construction.

    The constructor raises `InputError` with one line for each field that is unknown, of the wrong type or out of its
    limits. An integer is accepted as a float; nothing else is converted.
    """
    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    checked: Any = dataclass(frozen=True, config=config)(kind)
    checked.__init__ = _with_problems(checked.__init__)
    return checked  # type: ignore[no-any-return]


def _with_problems(construct: Callable[..., None]) -> Callable[..., None]:
    """`construct`, with pydantic's error translated to `InputError`."""

    @wraps(construct)
    def checking(self: object, *values: Any, **named: Any) -> None:
        try:
            construct(self, *values, **named)
        except ValidationError as error:
            names = [attribute.name for attribute in fields(type(self))]  # type: ignore[arg-type]
            raise InputError([_problem(detail, names) for detail in error.errors()]) from error

    return checking


def _problem(detail: Any, names: Sequence[str]) -> str:
    """One line for pydantic's `detail`, which locates a positional argument by its number among the `names`."""
    location = list(detail["loc"])
    if location and location[0] in range(len(names)):
        location[0] = names[location[0]]
    name = ".".join(map(str, location))
    if detail["type"] == "unexpected_keyword_argument":
        return f"{name}: no such setting"
    if detail["type"] == "missing":
        return f"{name}: missing"
    expected = _EXPECTATION.sub("", detail["msg"])
    return f"{name} is {detail['input']!r}; expected {expected}" if name else expected
