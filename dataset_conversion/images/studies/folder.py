"""The CT in a folder of DICOM slices that is read by itself."""

from dataclasses import replace
from pathlib import Path

from dataset_conversion.images.studies.find import find_studies
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.image_source import DicomSeries
from dataset_conversion.spine.records.passed_over import describe_passed_over


def series_in_folder(folder: Path) -> DicomSeries:
    """The series to take of the only study whose slices lie directly in a folder; its remarks say what else lies there.

    Raises:
        InputError: If there is no CT volume, or there are several studies.
    """
    found = find_studies([folder])
    passed_over = [*found.passed_over, *found.scan.others]
    lines = [line.removeprefix(f"{folder}: ") for line in describe_passed_over(folder, passed_over)]
    if not found.series:
        reasons = "; ".join(lines) or "no DICOM image"
        raise InputError(f"{folder}: no CT volume: {reasons}; expected the slices of one CT series")
    if len(found.series) > 1:
        titles = shortened_list([str(one.uid) for one in found.series])
        raise InputError(f"{folder}: {len(found.series)} studies (series {titles}); expected one: search the folder")
    (series,) = found.series
    return replace(series, remarks=(*lines, *series.remarks))
