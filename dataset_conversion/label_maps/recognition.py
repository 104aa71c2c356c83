"""Which program's numbers a label map has, from the numbers and their order along the spine."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from dataset_conversion.label_maps.numberings import NUMBERINGS, RECOGNISED, SPINEPS, Numbering
from dataset_conversion.spine.anatomy import expected_spacing
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import level_index

LEAST_STRETCH, MOST_STRETCH = 0.55, 1.6
"""Plausible ratios of the length of a spine to the mean length of its levels. People differ by about 10%, and collapsed
bodies shorten a spine. Lumbar vertebrae that are numbered as cervical ones reach 2."""
FEWEST = 3
"""Number of vertebrae whose length says something."""


def choose_numbering(name: str, centres: Mapping[int, FloatArray], numbering: str | None = None) -> Numbering:
    """The numbering that is asked for, or the only one that fits a label map.

    Args:
        name: The file, for messages.
        centres: Centre (x, y, z) in LPS mm by number.
        numbering: Name of the numbering, or None to recognise it.

    Raises:
        InputError: If the numbering is unknown or does not fit, or none or several fit.
    """
    if numbering is not None:
        return _chosen(name, centres, numbering)
    if not centres:
        raise InputError(f"{name}: no label; expected a mask of vertebrae")
    misfits = {candidate.program: (candidate, misfit(candidate, centres)) for candidate in _candidates(centres)}
    fitting = [candidate for candidate, problem in misfits.values() if problem is None]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(f"{name}: {_ambiguity(fitting, centres)}; choose the numbering with --format")
    reasons = "; ".join(f"{program}: {problem}" for program, (_, problem) in misfits.items())
    raise InputError(f"{name}: fits no known numbering ({reasons}); expected a mask of vertebrae, see --format")


def misfit(numbering: Numbering, centres: Mapping[int, FloatArray]) -> str | None:
    """Why labels cannot have a numbering, as a clause; None if they can."""
    unknown = sorted(centres.keys() - numbering.known)
    if unknown:
        return f"label{'s' if len(unknown) > 1 else ''} {shortened_list([str(number) for number in unknown])} unknown"
    if not centres.keys() & numbering.levels.keys():
        return "no vertebra"
    places = numbering.places
    downwards = sorted(centres.keys() & places.keys(), key=places.__getitem__)
    for upper, lower in pairwise(downwards):
        if centres[lower][2] >= centres[upper][2]:
            names = [numbering.levels.get(number) or numbering.sacral[number] for number in (lower, upper)]
            return f"{names[0]} (label {lower}) lies above {names[1]} (label {upper})"
    return _implausible_length(numbering, centres)


def _implausible_length(numbering: Numbering, centres: Mapping[int, FloatArray]) -> str | None:
    numbers = sorted(centres.keys() & numbering.levels.keys(), key=lambda number: level_index(numbering.levels[number]))
    if len(numbers) < FEWEST:
        return None
    upper, lower = numbering.levels[numbers[0]], numbering.levels[numbers[-1]]
    length = sum(float(np.linalg.norm(centres[one] - centres[two])) for one, two in pairwise(numbers))
    expected = expected_spacing(upper, lower)
    if LEAST_STRETCH <= length / expected <= MOST_STRETCH:
        return None
    return f"{upper} to {lower} measure {length:.0f} mm instead of about {expected:.0f}"


def named_numbering(numbering: str) -> Numbering:
    """The numbering of this name.

    Raises:
        InputError: If there is none.
    """
    if numbering not in NUMBERINGS:
        raise InputError(f"numbering {numbering!r} is unknown; expected one of {', '.join(NUMBERINGS)}")
    return NUMBERINGS[numbering]


def _chosen(name: str, centres: Mapping[int, FloatArray], numbering: str) -> Numbering:
    chosen = named_numbering(numbering)
    problem = misfit(chosen, centres)
    if problem:
        raise InputError(f"{name}: {problem} in {chosen.program}'s numbers; expected another numbering, see --format")
    return chosen


def _candidates(centres: Mapping[int, FloatArray]) -> list[Numbering]:
    """The numberings to compare. SPINEPS is VerSe with further numbers, so it counts only where there are such."""
    has_further = bool(centres.keys() & (SPINEPS.endplates.keys() | SPINEPS.others))
    return [candidate for candidate in RECOGNISED if candidate is not SPINEPS or has_further]


def _ambiguity(fitting: Sequence[Numbering], centres: Mapping[int, FloatArray]) -> str:
    readings = [
        f"{', '.join(numbering.levels[number] for number in sorted(centres.keys() & numbering.levels.keys()))} "
        f"in {numbering.program}'s ({numbering.name})"
        for numbering in fitting
    ]
    found = ", ".join(str(number) for number in sorted(centres))
    return f"label{'s' if len(centres) > 1 else ''} {found} can be {' and '.join(readings)} numbers"
