"""Marks and CTs for the tests of the annotation."""

from typing import Any

from vf_nnunet.annotation.mark import Mark


def mark(vertebra: str, z: float = 0.0, **values: Any) -> Mark:
    """A mark on the midline."""
    return Mark(vertebra=vertebra, x=0.0, y=0.0, z=z, **values)
