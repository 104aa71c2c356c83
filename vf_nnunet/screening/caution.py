"""What a reader of a result must know of the model, such as that it was trained on phantoms only."""

from collections.abc import Mapping, Sequence
from typing import Any

CAUTION = "caution"
"""Key of the sentence in the entry `model` of `<case>.json`; left out where the model has none."""


def caution_of(result: Mapping[str, Any]) -> str:
    """The sentence in a result; empty if there is none.

    Args:
        result: Content of a `<case>.json`.
    """
    return str((result.get("model") or {}).get(CAUTION) or "")


def with_caution(caution: str, warnings: Sequence[str]) -> list[str]:
    """The warnings of a case or vertebra, after the sentence about the model, if there is one."""
    return [caution, *warnings] if caution else list(warnings)
