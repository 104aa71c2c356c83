"""Recognise the format of a source among the modules of `formats`, and read it."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dataset_conversion.readers.formats as package
from dataset_conversion.readers.fit import Fit, measure_fit
from dataset_conversion.readers.interface import AnnotationFormat, Annotations, GradeFormat, Gradings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader


@dataclass(frozen=True)
class CaseAnnotations:
    """A source of centroids, read once for many cases.

    Attributes:
        path: File or folder.
        format: Its format.
        cases: Every case that the source names.
        by_case: The annotations of each case that has an image.
        problems: The problems of the cases whose part of the source cannot be used.
    """

    path: Path
    format: AnnotationFormat
    cases: frozenset[str]
    by_case: Mapping[str, Annotations]
    problems: Mapping[str, tuple[str, ...]]


def known_formats() -> dict[str, AnnotationFormat]:
    """The formats of centroids by name: `FORMATS` of all modules."""
    return {found.name: found for found in _offered("FORMATS")}


def grade_formats() -> list[GradeFormat]:
    """The formats of grades: `GRADE_FORMATS` of all modules."""
    return _offered("GRADE_FORMATS")


def read_annotations(path: Path, images: Mapping[str, ImageHeader], name: str | None = None) -> Annotations:
    """Read centroids in the format called `name`, or in the only format that `path` looks like.

    Args:
        path: File or folder.
        images: Header of each image by case id.
        name: Name of the format, or None to recognise it.

    Raises:
        InputError: If the format is not found (see `find_format`), the source is invalid, or another format that looks
            the same fits the images better.
    """
    chosen = find_format(path, images, name)
    found = _read(chosen, path, images)
    _check_fit(chosen, path, found, images)
    return found


def read_case_annotations(path: Path, images: Mapping[str, ImageHeader], name: str | None = None) -> CaseAnnotations:
    """As `read_annotations`, but a case whose part of the source cannot be used does not affect the others.

    The source is read once. Only if that fails, it is read for each case, to see which ones have the problems.

    Args:
        path: File or folder.
        images: Header of each image by case id.
        name: Name of the format, or None to recognise it.

    Raises:
        InputError: If the format is not found (see `find_format`), or the source is invalid for any case.
    """
    chosen = find_format(path, images, name)
    whole: dict[str, Annotations] | None = None
    try:
        found = _read(chosen, path, images)
        whole, cases = found.split(images), found.cases
    except InputError:
        cases = chosen.read(path, {}).cases
    by_case: dict[str, Annotations] = {}
    problems: dict[str, tuple[str, ...]] = {}
    for case_id, image in images.items():
        own = {case_id: image}
        try:
            part = _read(chosen, path, own) if whole is None else whole[case_id]
            _check_fit(chosen, path, part, own)
            by_case[case_id] = part
        except InputError as error:
            problems[case_id] = error.problems
    return CaseAnnotations(path, chosen, cases, by_case, problems)


def _read(chosen: AnnotationFormat, path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """The source in its format and in those that look the same."""
    found = chosen.read(path, images)
    return replace(found, rivals=_readings([known_formats()[rival] for rival in chosen.rivals], path, images))


def _check_fit(chosen: AnnotationFormat, path: Path, found: Annotations, images: Mapping[str, ImageHeader]) -> None:
    """Check that no format that looks the same fits the images better.

    Raises:
        InputError: If one does.
    """
    fit = measure_fit(found, images)
    fits = ((measure_fit(rival, images), rival_name) for rival_name, rival in found.rivals.items())
    better = [other.describe(rival_name) for other, rival_name in sorted(fits, reverse=True) if other > fit]
    if better and not fit.is_complete:
        raise InputError(f"{path}: {fit.describe(chosen.name)}; {'; '.join(better)}; choose the format with --format")


def read_grades(path: Path) -> Gradings:
    """Read grades that come separately from the centroids.

    Raises:
        InputError: If no format or several match, or the source is invalid.
    """
    formats = grade_formats()
    matching = [candidate for candidate in formats if candidate.matches(path)]
    if len(matching) != 1:
        names = " or ".join(candidate.name for candidate in formats)
        raise InputError(f"{path}: not a known format of grades; expected {names} (.xlsx, .csv, .txt or a folder)")
    return matching[0].read(path)


def find_format(path: Path, images: Mapping[str, ImageHeader], name: str | None = None) -> AnnotationFormat:
    """The format called `name`, or the only one that `path` looks like.

    Args:
        path: File or folder.
        images: Header of each image by case id.
        name: Name of the format, or None to recognise it.

    Raises:
        InputError: If `path` does not exist, the name is unknown, or no format or several match. The message then says
            how well each format fits the images.
    """
    formats = known_formats()
    if not path.exists():
        raise InputError(f"{path}: does not exist; expected a file or folder with centroids")
    if name is None:
        return _recognise(formats, path, images)
    if name not in formats:
        raise InputError(f"annotation format {name!r} is unknown; expected one of {', '.join(formats)}")
    return formats[name]


def _recognise(
    formats: Mapping[str, AnnotationFormat], path: Path, images: Mapping[str, ImageHeader]
) -> AnnotationFormat:
    matching = _matching(formats, path, is_fallback=False) or _matching(formats, path, is_fallback=True)
    if not matching:
        raise InputError(
            f"{path}: no known annotation format found; expected one of {', '.join(formats)}; see --format"
        )
    if len(matching) == 1:
        return matching[0]
    names = " and ".join(candidate.name for candidate in matching)
    fits = _fits(matching, path, images)
    if not fits:
        matching[0].read(path, images)  # raises the reason why the source cannot be read
    clauses = "; ".join(clause for _, clause in fits)
    raise InputError(f"{path}: the content does not tell {names} apart ({clauses}); choose the format with --format")


def _matching(formats: Mapping[str, AnnotationFormat], path: Path, is_fallback: bool) -> list[AnnotationFormat]:
    candidates = (candidate for candidate in formats.values() if candidate.is_fallback == is_fallback)
    return [candidate for candidate in candidates if candidate.matches(path)]


def _fits(
    candidates: Sequence[AnnotationFormat], path: Path, images: Mapping[str, ImageHeader]
) -> list[tuple[Fit, str]]:
    """The fit of each candidate that can read the source, with a clause about it, the best first."""
    fits = ((measure_fit(found, images), name) for name, found in _readings(candidates, path, images).items())
    return [(fit, fit.describe(name)) for fit, name in sorted(fits, reverse=True)]


def _readings(
    candidates: Sequence[AnnotationFormat], path: Path, images: Mapping[str, ImageHeader]
) -> dict[str, Annotations]:
    """The source in each format that can read it, by the format's name."""
    readings: dict[str, Annotations] = {}
    for candidate in candidates:
        with suppress(InputError):
            readings[candidate.name] = candidate.read(path, images)
    return readings


def _offered(attribute: str) -> list[Any]:
    """The values of a module-level tuple, over all modules of `formats` that have one."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return [found for module in modules for found in getattr(module, attribute, ())]
