"""Bring together the parts of series that lie in several folders, drop copies, and sort series into studies."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dataset_conversion.images.dicom.copies import are_copies
from dataset_conversion.images.dicom.stack import stack_slices
from dataset_conversion.images.studies.found_series import FoundSeries
from dataset_conversion.spine.errors import InputError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Studies:
    """Series by study.

    Attributes:
        studies: The series of each study, at least one.
        copies: Series that are left out, and why.
    """

    studies: list[list[FoundSeries]]
    copies: list[tuple[FoundSeries, str]]


def group_studies(series: Sequence[FoundSeries]) -> Studies:
    """Sort series into studies, by StudyInstanceUID and patient.

    Some programs give all they write the same UIDs. Series with one UID that are neither parts nor copies of each other
    show this, and count as studies of their own, one for each folder. So do series without a StudyInstanceUID.
    """
    whole = [one for parts in grouped(series, _identity) for one in _put_together(parts)]
    studies: list[list[FoundSeries]] = []
    copies: list[tuple[FoundSeries, str]] = []
    for study in grouped(whole, _study):
        kept, dropped = _without_copies(study)
        copies += dropped
        has_own_uids = len({one.uid for one in kept}) == len(kept)
        studies += [kept] if has_own_uids else grouped(kept, lambda one: one.folder)
    return Studies(studies, copies)


def grouped(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    """The items with the same key together, in the order of the first of each."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _identity(series: FoundSeries) -> Hashable:
    """The same for the parts of a series in several folders."""
    first = series.first
    return (series.uid or series.folder, first.details.study, first.patient, first.localiser)


def _study(series: FoundSeries) -> Hashable:
    study = series.first.details.study
    return (study, series.first.patient) if study else series.folder


def _put_together(parts: Sequence[FoundSeries]) -> list[FoundSeries]:
    """One series of parts in several folders that have no slice in common and are one stack."""
    if len(parts) == 1 or not _are_one_stack(parts):
        return list(parts)
    slices = [found for part in parts for found in part.slices]
    remarks = dict.fromkeys(remark for part in parts for remark in part.remarks)
    damaged = tuple(path for part in parts for path in part.damaged)
    return [FoundSeries(slices, damaged, (*remarks, f"its slices lie in {len(parts)} folders"))]


def _are_one_stack(parts: Sequence[FoundSeries]) -> bool:
    instances = [{found.details.instance for found in part.slices} for part in parts]
    if len(set().union(*instances)) != sum(map(len, instances)):
        return False
    try:
        stack_slices(parts[0].folder, [found for part in parts for found in part.slices])
    except InputError:
        return False
    return True


def _without_copies(study: Sequence[FoundSeries]) -> tuple[list[FoundSeries], list[tuple[FoundSeries, str]]]:
    kept: list[FoundSeries] = []
    copies: list[tuple[FoundSeries, str]] = []
    for series in study:
        original = next((other for other in kept if _is_copy(series, other)), None)
        if original is None:
            kept.append(series)
        else:
            name = original.folder if original.uid == series.uid else f"series {original.uid}"
            copies.append((series, f"a copy of {name}: the same places and pixels"))
    return kept, copies


def _is_copy(series: FoundSeries, other: FoundSeries) -> bool:
    try:
        return are_copies(series.slices, other.slices)
    except InputError:
        return False
