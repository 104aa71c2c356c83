"""Options about DICOM input that all commands share which read CTs."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataset_conversion.images.studies.selection import DicomSelection


def add_dicom_selection(parser: argparse.ArgumentParser) -> None:
    """Add --series and --case-id."""
    parser.add_argument(
        "--series",
        nargs="+",
        default=[],
        metavar="UID",
        help="SeriesInstanceUIDs of DICOM series to take, instead of the one that is chosen in their study",
    )
    parser.add_argument(
        "--case-id",
        default=None,
        metavar="TEMPLATE",
        help="names of DICOM cases, made of tags such as {PatientID}_{StudyDate}, which are hashed; {StudyDate:plain} "
        "is not (default: the name of the folder; the hashed example for several series in one folder)",
    )


def dicom_selection(arguments: argparse.Namespace) -> "DicomSelection":
    """What the options say.

    Raises:
        InputError: If the template of names cannot be used.
    """
    from dataset_conversion.images.studies.case_ids import check_template
    from dataset_conversion.images.studies.selection import DicomSelection

    if arguments.case_id is not None:
        check_template(arguments.case_id)
    return DicomSelection(tuple(arguments.series), arguments.case_id)
