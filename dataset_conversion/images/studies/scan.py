"""Read the headers of all DICOM files in folders, and sort them into series."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dataset_conversion.images.dicom.files import DICOM_ENDINGS, dicom_candidates, is_dicom
from dataset_conversion.images.dicom.slices import ReadHeaders, Slice, read_headers
from dataset_conversion.images.studies.found_series import FoundSeries
from dataset_conversion.spine.records.passed_over import PassedOver

SILENT_FILES = 500
"""Reading fewer headers than this takes no time, and shows no progress."""


@dataclass
class Scan:
    """The DICOM files of folders.

    Attributes:
        series: The series of each folder, apart from those of other folders.
        broken: Damaged slices by folder, where the folder has no whole ones.
        files: All files that are DICOM by content or ending.
        passed_over: DICOM files that belong to no series of images.
        others: Files of other types.
    """

    series: list[FoundSeries] = field(default_factory=list)
    broken: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)
    passed_over: list[PassedOver] = field(default_factory=list)
    others: list[PassedOver] = field(default_factory=list)


def scan_folders(folders: Iterable[Path]) -> Scan:
    """Read all headers that lie directly in the folders; a bar shows the progress of long work."""
    scan = Scan()
    candidates: dict[Path, list[Path]] = {}
    for folder in folders:
        try:
            candidates[folder], others = dicom_candidates(folder)
        except OSError:  # the walk has said so
            continue
        scan.others += others
    count = sum(map(len, candidates.values()))
    with tqdm(total=count, desc="read headers", unit="file", disable=count < SILENT_FILES) as bar:
        for folder, files in candidates.items():
            _add_folder(scan, folder, files, read_headers(_counted(files, bar)))
    return scan


def _counted(files: Sequence[Path], bar: Any) -> Iterable[Path]:
    for path in files:
        yield path
        bar.update()


def _add_folder(scan: Scan, folder: Path, files: Sequence[Path], read: ReadHeaders) -> None:
    scan.files.update(files)
    scan.passed_over += read.passed_over
    series, damaged = _by_series(read.slices), tuple(read.damaged)
    if len(series) == 1:
        series = [FoundSeries(series[0].slices, damaged)]
    elif not series:
        _add_broken(scan, folder, damaged)
    elif damaged:
        scan.passed_over += [PassedOver(path, f"damaged: {reason}") for path, reason in read.damaged.items()]
        remark = f"{len(damaged)} damaged files beside its slices can belong to it ({damaged[0].name}, ...)"
        series = [FoundSeries(one.slices, remarks=(remark,)) for one in series]
    scan.series += series


def _add_broken(scan: Scan, folder: Path, damaged: Sequence[Path]) -> None:
    """Damaged files without whole ones are a series if they are DICOM by content or ending."""
    slices = tuple(path for path in damaged if is_dicom(path) or path.name.lower().endswith(DICOM_ENDINGS))
    if slices:
        scan.broken[folder] = slices
    scan.files.difference_update(set(damaged) - set(slices))


def _by_series(slices: Iterable[Slice]) -> list[FoundSeries]:
    """Series in the order of their first files. Localisers among the slices of a series are one of their own."""
    found: dict[tuple[str, bool], list[Slice]] = {}
    for one in slices:
        found.setdefault((one.series, one.localiser), []).append(one)
    return [FoundSeries(tuple(members)) for members in found.values()]
