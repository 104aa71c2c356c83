"""Which series of a study is the CT for the job, and why.

The rules are applied one after the other. Each leaves the series that are best by it, or nearly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dataset_conversion.images.dicom.stack import stack_slices
from dataset_conversion.images.studies.found_series import FoundSeries
from dataset_conversion.images.studies.kernels import Sharpness, sharpness
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import spacing_of

AXIAL_COSINE = 0.7
"""Least cosine between the normal of an axial slice and the body's axis."""

COVERED_SHARE = 0.9
"""A series that is this much of the longest one's length covers as much of the spine."""

LEAST_WIDTH = 100.0
"""Width of a slice in mm in which a spine and its surroundings fit."""

THIN = 1.5
"""Slices in mm that count as equally thin. The network works on 1 mm."""

THICKER = 1.2
"""Ratio from which slices count as thicker, above `THIN`."""


@dataclass(frozen=True)
class Candidate:
    """What the rules look at.

    Attributes:
        problem: Why its slices are no volume; empty if they are one.
        is_axial: Whether its slices lie across the body.
        length: Its length along the normal of its slices in mm.
        width: The smaller side of its slices in mm.
        thickness: Thickness of its slices, or their distance if that is larger, in mm.
    """

    series: FoundSeries
    problem: str = ""
    is_axial: bool = True
    length: float = 0.0
    width: float = 0.0
    thickness: float = 0.0


@dataclass(frozen=True)
class Choice:
    """The series that was chosen.

    Attributes:
        series: It.
        merits: What decided, such as "slices of 1 mm"; empty if there was no choice.
        others: The reasons against the others, in words that follow "passed over".
    """

    series: FoundSeries
    merits: tuple[str, ...] = ()
    others: list[tuple[FoundSeries, str]] = field(default_factory=list)


class _Rule(NamedTuple):
    """A rule: the smaller its value, the better, and `allowed` says up to which value a series is as good as the best.

    `fault` and `merit` say it in words.
    """

    value: Callable[[Candidate], float]
    allowed: Callable[[float], float]
    fault: Callable[[Candidate, Candidate], str]
    merit: Callable[[Candidate], str]


def choose(study: Sequence[FoundSeries]) -> Choice:
    """The series for the detection of vertebral fractures among those of a study that can be a CT volume."""
    left = [candidate_of(series) for series in study]
    out: list[tuple[Candidate, _Rule]] = []
    for rule in RULES:
        limit = rule.allowed(min(map(rule.value, left)))
        out += [(one, rule) for one in left if rule.value(one) > limit]
        left = [one for one in left if rule.value(one) <= limit]
    best, *equals = left
    others = [(one.series, rule.fault(one, best)) for one, rule in out]
    others += [(one.series, "as good as the chosen series of its study") for one in equals]
    return Choice(best.series, tuple(dict.fromkeys(rule.merit(best) for _, rule in out)), others)


def candidate_of(series: FoundSeries) -> Candidate:
    """What the rules look at, from the headers of a series."""
    try:
        stack = stack_slices(series.folder, series.slices)
    except InputError as error:
        return Candidate(series, problem=error.problems[0].partition(": ")[2])
    step, row, column = spacing_of(stack.affine)
    normal = stack.affine[:3, 2] / step
    sides = np.multiply(stack.slices[0].size, (column, row))
    return Candidate(
        series,
        is_axial=bool(abs(normal[2]) >= AXIAL_COSINE),
        length=step * stack.shape[0],
        width=float(sides.min()),
        thickness=max(step, max((found.details.thickness or 0.0 for found in stack.slices), default=0.0)),
    )


def _is_derived(one: Candidate) -> bool:
    return one.series.first.details.image_type[:1] == ("DERIVED",)


def _kernel(one: Candidate) -> Sharpness:
    return sharpness(one.series.first.details.kernel)


def _kernel_words(one: Candidate) -> str:
    words = {Sharpness.SOFT: "soft", Sharpness.UNKNOWN: "unknown", Sharpness.SHARP: "sharp"}[_kernel(one)]
    return f"{words} kernel {one.series.first.details.kernel}".rstrip()


def _same(best: float) -> float:
    return best


RULES = (
    _Rule(lambda one: bool(one.problem), _same, lambda one, _: f"no volume: {one.problem}", lambda _: "complete"),
    _Rule(lambda one: not one.is_axial, _same, lambda *_: "not axial", lambda _: "axial"),
    _Rule(_is_derived, _same, lambda *_: "derived from another series", lambda _: "original"),
    _Rule(
        lambda one: one.width < LEAST_WIDTH,
        _same,
        lambda one, best: f"{one.width:.0f} mm wide, the chosen series {best.width:.0f}",
        lambda one: f"{one.width:.0f} mm wide",
    ),
    _Rule(
        lambda one: -one.length,
        lambda best: COVERED_SHARE * best,
        lambda one, best: f"{one.length:.0f} mm long, the chosen series {best.length:.0f}",
        lambda one: f"{one.length:.0f} mm long",
    ),
    _Rule(
        lambda one: max(one.thickness, THIN),
        lambda best: THICKER * best if best > THIN else best,
        lambda one, best: f"slices of {one.thickness:.3g} mm, the chosen series {best.thickness:.3g}",
        lambda one: f"slices of {one.thickness:.3g} mm",
    ),
    _Rule(
        _kernel,
        _same,
        lambda one, best: f"{_kernel_words(one)}, the chosen series {_kernel_words(best)}",
        _kernel_words,
    ),
    _Rule(
        lambda one: bool(one.series.first.details.contrast),
        _same,
        lambda *_: "with contrast medium, the chosen series without",
        lambda _: "without contrast medium",
    ),
    _Rule(lambda one: -len(one.series.slices), _same, lambda *_: "fewer slices", lambda _: "most slices"),
    _Rule(
        lambda one: one.series.first.details.series_number or 0,
        _same,
        lambda *_: "a later series that is as good as the chosen one",
        lambda _: "first of equals",
    ),
)
