"""Checks of the centres and of the levels that a person knows."""

from __future__ import annotations

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import parse_level
from evaluation.naming.anatomies import ANATOMY_LEVELS
from evaluation.naming.level_tables import NAMED_LEVELS
from evaluation.naming.settings import NamingSettings


def check_centres(centres: FloatArray, settings: NamingSettings) -> FloatArray:
    """The centres (n, 3), if they can be a chain of vertebrae in LPS mm from the top down.

    Raises:
        InputError: If they cannot.
    """
    points = np.asarray(centres, dtype=np.float64)
    if points.size == 0:
        return points.reshape(0, 3)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise InputError(f"centres: shape {points.shape}; expected (n, 3) finite LPS mm")
    if len(points) > len(NAMED_LEVELS):
        raise InputError(f"centres: {len(points)} vertebrae; expected at most {len(NAMED_LEVELS)}, from C1 to L6")
    if len(points) > 1:
        _check_steps(points, settings)
    return points


def _check_steps(points: FloatArray, settings: NamingSettings) -> None:
    chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
    if not chords.all():
        same = points[int(np.argmin(chords))].round(1).tolist()
        raise InputError(f"centres: two vertebrae at LPS {same} mm; expected distinct centres")
    if points[0, 2] <= points[-1, 2]:
        found = f"the first at z = {points[0, 2]:.1f}, the last at {points[-1, 2]:.1f} mm"
        raise InputError(f"centres: {found}; expected centres from the top down, LPS")
    least, largest = settings.spacing_limits
    spacing = float(np.median(chords))
    if not least <= spacing <= largest:
        raise InputError(f"centres: {spacing:.1f} mm apart; expected {least:g} to {largest:g} mm between vertebrae")


def check_known(count: int, lowest: str | None, highest: str | None) -> tuple[str | None, str | None]:
    """The known levels by their usual names, if that many vertebrae can lie there.

    Args:
        count: Number of centres; 0 if it is not known.
        lowest: Level of the lowest centre, if it is known.
        highest: Level of the highest centre, if it is known.

    Returns:
        `lowest` and `highest`, as in `NAMED_LEVELS`.

    Raises:
        InputError: If a name is no level from C1 to L6, or the number of centres does not fit.
    """
    known = {name: parse_level(level) for name, level in _given(lowest, highest).items()}
    problems = [
        f"{name} vertebra: {given!r}; expected a level from {NAMED_LEVELS[0]} to {NAMED_LEVELS[-1]}"
        for name, given in _given(lowest, highest).items()
        if known[name] not in NAMED_LEVELS
    ]
    if problems:
        raise InputError(problems)
    low, high = known.get("lowest"), known.get("highest")
    if known:
        said = " and ".join(f"{name} vertebra {level}" for name, level in known.items())
        _check_count(said, count, _fitting_counts(low, high))
    return low, high


def check_room(height: float, lowest: str | None, highest: str | None, settings: NamingSettings) -> None:
    """Check, before vertebrae are located, that an image is high enough for those from one known level to the other.

    Args:
        height: Height of the image in mm, along the patient's long axis.
        lowest: Level of the lowest centre, if it is known.
        highest: Level of the highest centre, if it is known.
        settings: The least plausible distance between successive centres is used.

    Raises:
        InputError: If it is not, or the levels cannot be those of any vertebrae.
    """
    low, high = check_known(0, lowest, highest)
    if low is None or high is None:
        return
    fewest = min(_fitting_counts(low, high))
    needed = (fewest - 1) * settings.spacing_limits[0]
    if height < needed:
        raise InputError(
            f"highest vertebra {high} and lowest vertebra {low}: an image {height:.0f} mm high; expected at least "
            f"{needed:.0f} mm for {fewest} vertebrae"
        )


def _check_count(said: str, count: int, fitting: list[int]) -> None:
    """Check that a number of vertebrae, 0 if it is not known, fits the levels that are said."""
    if not fitting:
        raise InputError(f"{said}; expected the highest above the lowest")
    if count and count not in fitting:
        raise InputError(f"{said}: {count} vertebrae found; expected {_counts_text(fitting)}")


def _given(lowest: str | None, highest: str | None) -> dict[str, str]:
    return {name: level for name, level in (("highest", highest), ("lowest", lowest)) if level is not None}


def _fitting_counts(lowest: str | None, highest: str | None) -> list[int]:
    """Numbers of vertebrae that fit between two levels, or above or below one of them, in any anatomy."""
    counts: set[int] = set()
    for levels in ANATOMY_LEVELS:
        if {lowest, highest} - {None} <= set(levels):
            top = 0 if highest is None else levels.index(highest)
            bottom = len(levels) - 1 if lowest is None else levels.index(lowest)
            largest = bottom - top + 1
            counts |= {largest} if lowest and highest else set(range(1, largest + 1))
    return sorted(number for number in counts if number > 0)


def _counts_text(counts: list[int]) -> str:
    if len(counts) > 1 and counts[0] == 1:
        return f"at most {counts[-1]}"
    return " or ".join(map(str, counts))
