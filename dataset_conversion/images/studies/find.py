"""The DICOM series to take from the files of folders."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.images.dicom.copies import drop_copies
from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.images.dicom.stack import stack_slices
from dataset_conversion.images.studies.choice import Choice, choose
from dataset_conversion.images.studies.directory import with_missing_files
from dataset_conversion.images.studies.fitness import unfit_reason
from dataset_conversion.images.studies.found_series import FoundSeries
from dataset_conversion.images.studies.grouping import group_studies
from dataset_conversion.images.studies.scan import Scan, scan_folders
from dataset_conversion.images.studies.selection import DEFAULT_SELECTION, DicomSelection
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.image_source import DicomSeries
from dataset_conversion.spine.records.passed_over import PassedOver

Shown = Callable[[Path], Path]
"""Gives the path by which a file or folder is named in messages, which differs for unpacked ones."""


NAMED = "as named by --series"
"""The merit of a series that the user names."""


@dataclass(frozen=True)
class FoundStudies:
    """What was found.

    Attributes:
        series: The series to take, one of each study unless the user named others.
        passed_over: Series and other DICOM files that are not taken.
        scan: All that was read.
    """

    series: list[DicomSeries]
    passed_over: list[PassedOver]
    scan: Scan


def find_studies(
    folders: Iterable[Path], selection: DicomSelection = DEFAULT_SELECTION, shown: Shown = lambda path: path
) -> FoundStudies:
    """Find the studies among the files that lie directly in the folders, and choose a series of each.

    A folder whose only images are damaged counts as a series, so that its reader says what is wrong.

    Args:
        folders: The folders.
        selection: Series that are taken whatever the rules say.
        shown: Names paths in messages.

    Raises:
        InputError: If a series of the selection is not there.
    """
    scan = scan_folders(folders)
    grouped = group_studies(scan.series)
    _check_selection(selection, scan.series)
    passed_over = [
        with_missing_files(PassedOver(shown(item.path), item.reason), item.path) for item in scan.passed_over
    ]
    taken: list[Choice] = []
    unused = list(grouped.copies)
    for study in grouped.studies:
        choices, others = _choose(study, selection)
        taken += choices
        unused += others
    busy = Counter(choice.series.folder for choice in taken)
    held = Counter(folder for one in scan.series for folder in one.folders)
    passed_over += [_passed_over(one, reason, held, shown) for one, reason in unused]
    series = [_series(choice, shown, busy[choice.series.folder] == 1) for choice in taken]
    series += [DicomSeries(folder, "", "", "", files, str(shown(folder))) for folder, files in scan.broken.items()]
    return FoundStudies(series, passed_over, scan)


def _check_selection(selection: DicomSelection, series: Sequence[FoundSeries]) -> None:
    known = {one.uid: one.title for one in series}
    missing = [uid for uid in selection.series if uid not in known]
    if missing:
        found = shortened_list([f"{uid} ({title})" for uid, title in known.items()], 5, "; ")
        raise InputError([f"--series {uid}: not found; expected one of {found or 'no series'}" for uid in missing])


def _choose(
    study: Sequence[FoundSeries], selection: DicomSelection
) -> tuple[list[Choice], list[tuple[FoundSeries, str]]]:
    """The series of a study to take, and the others with the reasons."""
    if any(one.uid in selection.series for one in study):
        return _take_named(study, selection.series)
    reasons = {one: unfit_reason(one) for one in study}
    unfit = [(one, reason) for one, reason in reasons.items() if reason is not None]
    if len(unfit) == len(study):
        return [], unfit
    choice = choose([one for one in study if reasons[one] is None])
    return [choice], [*unfit, *choice.others]


def _take_named(
    study: Sequence[FoundSeries], uids: Sequence[str]
) -> tuple[list[Choice], list[tuple[FoundSeries, str]]]:
    named = [Choice(one, (NAMED,)) for one in study if one.uid in uids]
    return named, [(one, "another series was named by --series") for one in study if one.uid not in uids]


def _passed_over(series: FoundSeries, reason: str, held: Mapping[Path, int], shown: Shown) -> PassedOver:
    """The record of a series: by its folder, and by its UID where the folder has others."""
    is_alone = all(held[folder] == 1 for folder in series.folders)
    return PassedOver(shown(series.folder), reason, "" if is_alone else series.uid)


def _series(choice: Choice, shown: Shown, is_alone: bool) -> DicomSeries:
    found, details = choice.series, choice.series.first.details
    slices, remarks = _in_order(found)
    count = len(choice.others) + 1
    why = f"of {count} series of its study: {', '.join(choice.merits)}" if choice.others else "".join(choice.merits)
    chosen = (f"series {found.title} chosen {why}",) if choice.merits else ()
    folder = shown(found.folder)
    return DicomSeries(
        folder=found.folder,
        uid=found.uid,
        study_uid=details.study,
        frame_of_reference_uid=details.frame,
        files=tuple(dict.fromkeys([*(one.path for one in slices), *found.damaged])),
        label=str(folder) if is_alone else f"{folder} (series {found.uid})",
        choice=why,
        remarks=(*found.remarks, *chosen, *remarks),
    )


def _in_order(found: FoundSeries) -> tuple[Sequence[Slice], tuple[str, ...]]:
    """The slices without copies, in the order of the volume; as they are if they are none, which its reader says."""
    try:
        slices, remarks = drop_copies(found.slices)
        return stack_slices(found.folder, slices).slices, remarks
    except InputError:
        return found.slices, ()
