import pickle
from dataclasses import FrozenInstanceError, asdict, field, replace
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, model_validator

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.settings import settings


@settings
class Inner:
    """Limits on single fields."""

    folds: Annotated[int, Field(ge=2)] = 5
    share: Annotated[float, Field(gt=0, lt=1)] = 0.15


@settings
class Required:
    """A field without a default."""

    pair: tuple[int, int]


@settings
class Outer:
    """A nested class, a choice and a limit on several fields."""

    inner: Inner = field(default_factory=Inner)
    kind: Literal["largest", "total"] = "largest"
    sizes: tuple[Annotated[int, Field(ge=1)], ...] = (1, 8)

    @model_validator(mode="after")
    def _ascending(self) -> "Outer":
        if list(self.sizes) != sorted(set(self.sizes)):
            raise ValueError(f"sizes are {self.sizes}; expected ascending numbers")
        return self


def test_it_is_a_frozen_dataclass() -> None:
    outer = Outer(inner=Inner(folds=3))
    assert asdict(outer) == {"inner": {"folds": 3, "share": 0.15}, "kind": "largest", "sizes": (1, 8)}
    assert replace(outer, kind="total").inner == outer.inner
    assert pickle.loads(pickle.dumps(outer)) == outer
    with pytest.raises(FrozenInstanceError):
        outer.kind = "total"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kind", "values", "problems"),
    [
        (Inner, {"folds": 1}, ["folds is 1; expected greater than or equal to 2"]),
        (Inner, {"folds": 2.0}, ["folds is 2.0; expected a valid integer"]),
        (Inner, {"folds": True}, ["folds is True; expected a valid integer"]),
        (Inner, {"share": float("nan")}, ["share is nan; expected a finite number"]),
        (Inner, {"fold": 3}, ["fold: no such setting"]),
        (Required, {}, ["pair: missing"]),
        (Required, {"pair": (1,)}, ["pair.1: missing"]),
        (Outer, {"inner": {"folds": 3}}, ["inner is {'folds': 3}; expected an instance of Inner"]),
        (Outer, {"sizes": (8, 1)}, ["sizes are (8, 1); expected ascending numbers"]),
        (
            Outer,
            {"kind": "least", "sizes": (0, 1)},
            ["kind is 'least'; expected 'largest' or 'total'", "sizes.0 is 0; expected greater than or equal to 1"],
        ),
    ],
)
def test_every_problem_names_the_value_found_and_the_value_expected(
    kind: type, values: dict[str, Any], problems: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        kind(**values)
    assert list(error.value.problems) == problems


def test_a_positional_argument_is_named_after_its_field() -> None:
    with pytest.raises(InputError, match=r"^share is 2; expected less than 1$"):
        Inner(3, 2)
    with pytest.raises(InputError, match="Unexpected positional argument"):
        Inner(3, 0.5, 7)  # type: ignore[call-arg]


def test_a_whole_number_passes_for_a_float() -> None:
    with pytest.raises(InputError, match="less than 1"):
        Inner(share=7)
    assert Outer(inner=Inner(share=0.5)).inner.share == 0.5
