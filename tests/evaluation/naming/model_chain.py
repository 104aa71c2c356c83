"""Chains of vertebrae of an average person, from the tables."""

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.level_tables import TABLE_LEVELS, read_level_tables


def average_spine(scale: float = 1.0) -> FloatArray:
    """The centres (25, 3) from C1 to L6 in LPS mm."""
    tables = read_level_tables()
    spacing = scale * tables.spacing
    steps = np.stack([0 * spacing, spacing * np.sin(tables.tilt), -spacing * np.cos(tables.tilt)], axis=1)
    return np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])


def average_chain(first: str, last: str, scale: float = 1.0) -> FloatArray:
    """The centres between two levels, both included."""
    return average_spine(scale)[TABLE_LEVELS.index(first) : TABLE_LEVELS.index(last) + 1]


def levels_between(first: str, last: str) -> list[str]:
    return list(TABLE_LEVELS[TABLE_LEVELS.index(first) : TABLE_LEVELS.index(last) + 1])
